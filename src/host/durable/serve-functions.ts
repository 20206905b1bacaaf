import type { FunctionDefinition } from '../functions.js'
import { hasType } from '../has-type.js'
import { ActivityRunner } from './activities/activity-runner.js'
import { InstanceCommands } from './api/instance-commands.js'
import type { DurableSettings } from './durable-settings.js'
import type { OutgoingSignal } from './entities/entity-batch.js'
import { EntityRunner } from './entities/entity-runner.js'
import type { Decision } from './orchestrations/decision.js'
import { OrchestrationRunner } from './orchestrations/orchestration-runner.js'
import type { RunnerOptions } from './work/runner-options.js'

/** What runs an app's durable functions. */
export interface ServedFunctions {
  /** By lower-case name. */
  readonly entities: ReadonlyMap<string, FunctionDefinition>
  /** Sends an entity an operation; resolves when the message is on disk. */
  readonly signal: (signal: OutgoingSignal) => Promise<void>
  readonly commands: InstanceCommands
}

/** Gives the dispatcher somebody for each kind of durable function, also for kinds that the app has none of. */
export function serveFunctions(
  parts: Omit<RunnerOptions, 'functions' | 'maxConcurrent'>,
  settings: DurableSettings,
  functions: readonly FunctionDefinition[],
): ServedFunctions {
  const entities = ofType(functions, 'entityTrigger')
  const orchestrators = ofType(functions, 'orchestrationTrigger')
  const activities = ofType(functions, 'activityTrigger')
  const entityRunner = new EntityRunner({
    ...parts,
    functions: entities,
    maxConcurrent: settings.maxConcurrentEntityFunctions,
    maxBatchSize: settings.maxEntityOperationBatchSize,
  })
  new ActivityRunner({
    ...parts,
    functions: activities,
    maxConcurrent: settings.maxConcurrentActivityFunctions,
  })
  new OrchestrationRunner({
    ...parts,
    functions: orchestrators,
    findUnknown: createLookup({ entities, orchestrators, activities }),
    maxConcurrent: settings.maxConcurrentOrchestratorFunctions,
    maxActions: settings.maxOrchestrationActions,
    defaultVersion: settings.defaultVersion,
    httpPollMs: settings.httpPollMs,
  })
  const commands = new InstanceCommands({
    ...parts,
    functions: orchestrators,
    defaultVersion: settings.defaultVersion,
    replacesRunning: settings.replacesRunning,
  })
  return { entities, signal: (signal) => entityRunner.signal(signal), commands }
}

type Names = ReadonlyMap<string, unknown>

function createLookup(app: {
  readonly entities: Names
  readonly orchestrators: Names
  readonly activities: Names
}): (decision: Decision) => string | undefined {
  const missing = (names: Names, name: string) => (names.has(name.toLowerCase()) ? undefined : name)
  return (decision) => {
    switch (decision.kind) {
      case 'activity':
        return missing(app.activities, decision.name)
      case 'subOrchestration':
        return missing(app.orchestrators, decision.name)
      case 'call':
      case 'signal':
        return missing(app.entities, decision.entity.name)
      case 'lock':
        return decision.entities.find(({ name }) => !app.entities.has(name))?.name
      default:
        return undefined
    }
  }
}

function ofType(
  functions: readonly FunctionDefinition[],
  type: string,
): ReadonlyMap<string, FunctionDefinition> {
  const found = functions.filter(({ trigger, disabled }) => !disabled && hasType(trigger, type))
  return new Map(found.map((definition) => [definition.name.toLowerCase(), definition]))
}
