import type { Task, TimerTask } from 'durable-functions'
import { createNodeActivity, toActivity } from '../../../src/orchestration/workflow/node-activity.js'
import { runWorkflow, type WorkflowResult } from '../../../src/orchestration/workflow/run-workflow.js'
import type { WorkflowDefinition } from '../../../src/orchestration/workflow/workflow-definition.js'
import type {
  AgentCall,
  FunctionCall,
  NestedCall,
  Settled,
  WorkflowEnvironment,
} from '../../../src/orchestration/workflow/workflow-environment.js'
import type { StoredWorkflowEvent } from '../../../src/orchestration/workflow/workflow-events.js'
import type { WorkflowPlace } from '../../../src/orchestration/workflow/workflow-place.js'
import { createWorkflowState } from '../../../src/orchestration/workflow/workflow-state.js'
import type { WorkflowStatus } from '../../../src/orchestration/workflow/workflow-status.js'

/** What stands around a workflow in a test. */
export interface Scene {
  /** What an agent answers: its text, or its value. What it throws fails the run. */
  readonly agents?: (agent: string, prompt: string, call: AgentCall) => unknown
  /** How a human answers: called whenever the workflow waits; `undefined` lets the time limit pass. */
  readonly human?: (status: WorkflowStatus) => object | undefined
  /** How far behind the clock is of the machine on which a timer fires; ms. @default 0 */
  readonly clockLagMs?: number
  /** @default that of an outermost workflow */
  readonly place?: WorkflowPlace
}

export interface Played {
  readonly result: WorkflowResult
  readonly events: readonly StoredWorkflowEvent[]
  readonly statuses: readonly WorkflowStatus[]
  /** What was asked of the surroundings, in order; tasks that ran at the same time stand in one list. */
  readonly rounds: readonly (readonly string[])[]
  /** What was written to the log. */
  readonly reported: readonly unknown[]
  /** How much time passed; ms. */
  readonly elapsedMs: number
  readonly output: unknown
}

interface FakeTask extends Task {
  readonly label: string
  readonly run: () => Promise<unknown>
  isCompleted: boolean
  isFaulted: boolean
  result: unknown
  readonly children?: readonly FakeTask[]
}

/**
 * Runs a workflow by hand: each task that it yields is carried out at once, functions as activities would, all else as
 * the scene says.
 */
export async function playWorkflow(
  definition: WorkflowDefinition,
  input: unknown,
  scene: Scene = {},
): Promise<Played> {
  const stage = new Stage(definition, scene)
  let state = createWorkflowState(definition.start, input)
  while (true) {
    const result = await stage.run(state)
    if (result.status !== 'continue') return stage.toPlayed(result)
    state = JSON.parse(JSON.stringify(result.state))
  }
}

class Stage {
  readonly #definition: WorkflowDefinition
  readonly #scene: Scene
  readonly #events: StoredWorkflowEvent[] = []
  readonly #statuses: WorkflowStatus[] = []
  readonly #rounds: string[][] = []
  readonly #reported: unknown[] = []
  #now = 0

  constructor(definition: WorkflowDefinition, scene: Scene) {
    this.#definition = definition
    this.#scene = scene
  }

  async run(state: Parameters<typeof runWorkflow>[1]): Promise<WorkflowResult> {
    const environment = this.#createEnvironment()
    const steps = runWorkflow(this.#definition, state, environment)
    let next = steps.next()
    while (!next.done) {
      const yielded = next.value as FakeTask
      await this.#carryOut(yielded)
      next = yielded.isFaulted ? steps.throw(yielded.result) : steps.next(yielded.result)
    }
    return next.value
  }

  toPlayed(result: WorkflowResult): Played {
    return {
      result,
      events: this.#events,
      statuses: this.#statuses,
      rounds: this.#rounds,
      reported: this.#reported,
      elapsedMs: this.#now,
      output: result.status === 'completed' ? result.output : undefined,
    }
  }

  #createEnvironment(): WorkflowEnvironment {
    let ids = 0
    return {
      instanceId: 'run',
      place: this.#scene.place ?? {
        workflow: this.#definition.name,
        instanceId: 'run',
        path: '',
        requestPrefix: '',
      },
      now: () => this.#now,
      createId: () => `id${ids++}`,
      runAgent: (call) => createTask(`agent ${call.spec.agent.name}`, () => this.#runAgent(call)),
      runFunction: (call) => createTask(`function ${call.node}`, () => this.#runFunction(call)),
      runNested: (call) => createTask(`workflow ${call.instanceId}`, () => this.#runNested(call)),
      waitForAnswer: () => createTask('answer', async () => undefined),
      startTimer: (at) => createTimer(at, () => this.#pass(at)),
      all: (tasks) => createCompound('all', tasks),
      any: (tasks) => createCompound('any', tasks),
      publish: (status) => this.#statuses.push(JSON.parse(JSON.stringify(status))),
      record: (events) => this.#events.push(...events),
      report: (error) => this.#reported.push(error),
      toFailure: (error) => ({ code: 'internal', message: String(error), retryable: true }),
    }
  }

  async #carryOut(task: FakeTask): Promise<void> {
    const { children = [task] } = task
    this.#rounds.push(children.map(({ label }) => label))
    if (task.label === 'any' || task.label === 'answer') return this.#awaitHuman(task, children)
    for (const child of children) await settle(child)
    const failed = children.find(({ isFaulted }) => isFaulted)
    if (task.children === undefined) return
    if (failed !== undefined) fail(task, failed.result)
    else
      complete(
        task,
        children.map(({ result }) => result),
      )
  }

  async #awaitHuman(task: FakeTask, [answer, timer]: readonly FakeTask[]): Promise<void> {
    const event = this.#scene.human?.(this.#statuses.at(-1) as WorkflowStatus)
    if (event === undefined && timer === undefined)
      throw new Error('Nobody answers, and there is no time limit.')
    if (event === undefined) await settle(timer as FakeTask)
    else complete(answer as FakeTask, event)
    if (task.children !== undefined) complete(task, null)
  }

  async #runAgent(call: AgentCall): Promise<unknown> {
    try {
      const answer = await this.#scene.agents?.(call.spec.agent.name, call.prompt, call)
      const { sessionId, correlationId } = call
      const shape =
        call.spec.responseFormat === undefined ? { text: String(answer) } : { text: '', value: answer }
      return { ...shape, usage: {}, sessionId, correlationId }
    } catch (error) {
      const {
        code = 'internal',
        message,
        retryable = true,
        retryAfterMs,
      } = error as { code?: string; message: string; retryable?: boolean; retryAfterMs?: number }
      return { error: { code, message, retryable, retryAfterMs } }
    }
  }

  async #runFunction(call: FunctionCall): Promise<Settled> {
    const spec = this.#definition.nodes.find(({ id }) => id === call.node)?.spec
    const execute = spec && toActivity(spec)
    if (execute === undefined) throw new Error(`${call.node} is not a function.`)
    const context = { error: () => {} } as never
    return (await createNodeActivity(this.#definition.name, execute)(call, context)) as Settled
  }

  async #runNested({ workflow, input, place }: NestedCall): Promise<Settled> {
    const { result } = await playWorkflow(workflow, input, { ...this.#scene, place })
    if (result.status === 'completed') return { ok: true, output: result.output }
    if (result.status === 'continue') throw new Error('A played workflow runs to its end.')
    return { ok: false, error: { retryable: true, ...result.error } }
  }

  async #pass(at: number): Promise<void> {
    this.#now = Math.max(this.#now, at - (this.#scene.clockLagMs ?? 0))
  }
}

function createTask(label: string, run: () => Promise<unknown>): FakeTask {
  return { label, run, isCompleted: false, isFaulted: false, result: undefined }
}

function createTimer(at: number, run: () => Promise<unknown>): FakeTask & TimerTask {
  const timer = { ...createTask('timer', run), isCanceled: false, cancel }
  return timer

  function cancel(): void {
    if (timer.isCompleted) throw new Error(`The timer of ${at} has fired already.`)
    timer.isCanceled = true
  }
}

function createCompound(label: 'all' | 'any', tasks: readonly Task[]): FakeTask {
  if (tasks.length === 0) throw new Error('durable-functions does not take empty lists.')
  return { ...createTask(label, async () => {}), children: tasks as readonly FakeTask[] }
}

/** Everything passes through JSON, as it would in a history. */
async function settle(task: FakeTask): Promise<void> {
  try {
    complete(task, await task.run())
  } catch (error) {
    fail(task, error)
  }
}

function complete(task: FakeTask, result: unknown): void {
  task.isCompleted = true
  task.result = result === undefined ? undefined : JSON.parse(JSON.stringify(result))
}

function fail(task: FakeTask, error: unknown): void {
  task.isFaulted = true
  task.result = error
}
