import { app } from '@azure/functions'
import * as df from 'durable-functions'
import { Agent } from '../agent/agent.js'
import type { ForeignAgent } from '../agent/foreign/foreign-agent.js'
import { HostedAgent } from '../agent/foreign/hosted-agent.js'
import { surveyName } from '../core/app-survey.js'
import { AgentError, toErrorMessage } from '../core/errors.js'
import { createProtocolRoutes } from '../http/protocols/protocols.js'
import type { AgentExposure } from '../http/route.js'
import { createAgentRoutes, createAppRoutes } from '../http/routes.js'
import { readWebhookOptions } from '../http/webhooks/webhook-options.js'
import { openRunLog } from '../log/open-run-log.js'
import { offlineModel } from '../model/offline/offline.js'
import { agentRunOrchestrator, createAgentRunOrchestrator } from '../orchestration/agent-run-orchestrator.js'
import { sendWhenDue } from '../orchestration/schedule-orchestrator.js'
import { runForTool } from '../orchestration/tool-run-orchestrator.js'
import { webhookActivity } from '../orchestration/webhook-orchestrator.js'
import type { AgentReference } from '../orchestration/workflow/node-context.js'
import type { WorkflowDefinition } from '../orchestration/workflow/workflow-definition.js'
import { createJournalEntity } from '../orchestration/workflow/workflow-journal.js'
import { journalEntity } from '../orchestration/workflow/workflow-names.js'
import { toEntityName } from '../session/agent-session-id.js'
import { accountEntity, createAccountEntity } from '../session/allowance/account.js'
import { type AgentEntityOptions, createAgentEntity } from '../session/entity/agent-entity.js'
import { toolRunOrchestrator } from '../session/execution/durable-tools.js'
import { toExecutorSilence, toOperationLimits } from '../session/execution/execution-limits.js'
import type { AgentResponseCallback } from '../session/execution/response-callback.js'
import { webhookOrchestrator } from '../session/replies/tell-webhooks.js'
import { scheduleOrchestrator } from '../session/scheduled/scheduled-messages.js'
import type { AgentTrigger } from './agent-trigger.js'
import {
  type AddAgentOptions,
  type AgentFunctionAppOptions,
  checkAddedAgent,
  checkAddedWorkflow,
  checkAppOptions,
} from './app-options.js'
import { checkHostJson, readFunctionTimeout } from './check-host-json.js'
import { watchForwardedRequests } from './forwarded-requests.js'
import { FunctionNames } from './function-names.js'
import { toHttpLimits } from './http-limits.js'
import { registerAgentTool } from './mcp-agent-tool.js'
import { createOwnerReader, createRight } from './owner.js'
import { registerTrigger, toFunctionName } from './register-trigger.js'
import { registerWebhooks } from './register-webhooks.js'
import { serveChatPage } from './serve-chat-page.js'
import { type RouteServices, serveRoute } from './serve-route.js'
import { SessionClients } from './session-clients.js'
import { surveyApp } from './survey-app.js'
import { registerWatchdog, watchdogFunction } from './watchdog.js'
import { type AddWorkflowOptions, WorkflowRegistry } from './workflow-registry.js'

/**
 * An Azure Functions app that serves agents: for each a durable entity that holds its conversations, and HTTP routes
 * to run it, to read and follow what it does. Make one in the file that `main` names; other triggers can be registered
 * beside it with `app` of `@azure/functions`.
 *
 * @example
 * new AgentFunctionApp({ agents: [new Agent({ name: 'WeatherAgent', client, tools: [getWeather] })] })
 */
export class AgentFunctionApp {
  readonly #agents: Agent[] = []
  readonly #exposures = new Map<Agent, AgentExposure>()
  readonly #names = new FunctionNames(reservedNames)
  readonly #workflows = new WorkflowRegistry(this.#names)
  readonly #services: RouteServices
  readonly #defaultCallback: AgentResponseCallback | undefined
  /** What the entities of all agents share. */
  readonly #entityOptions: Omit<AgentEntityOptions, 'agent' | 'callback'>

  /** @throws {AgentError} `invalid_configuration` naming what cannot be used. */
  constructor(options: AgentFunctionAppOptions = {}) {
    checkAppOptions(options)
    const { agents = [], workflows = [], authLevel = 'function' } = options
    this.#defaultCallback = options.defaultCallback
    const webhooks = options.webhooks && readWebhookOptions(options.webhooks)
    const log = options.runLog ?? openRunLog()
    const { maxInlineMediaBytes, maxContinuedBytes } = options
    const functionTimeoutMs = readFunctionTimeout(process.cwd())
    const clients = new SessionClients(log, {
      agents: this.#agents,
      maxInlineMediaBytes,
      maxContinuedBytes,
      allowance: options.allowance,
    })
    this.#entityOptions = {
      log,
      values: options.context,
      limits: {
        ...toOperationLimits(options.operationTimeoutMs ?? functionTimeoutMs),
        executorSilenceMs: toExecutorSilence(process.env),
      },
      allowance: options.allowance,
      maxInlineMediaBytes,
      telemetry: options.telemetry,
      getDurableClient: (context) => clients.getDurable(context),
      webhooks: webhooks && (webhooks.url === undefined ? 'named' : 'all'),
    }
    this.#services = {
      agents: this.#agents,
      exposures: this.#exposures,
      workflows: this.#workflows.served,
      log,
      clients,
      owner: createOwnerReader(options.owner),
      authLevel,
      settings: {
        ...toHttpLimits(options, functionTimeoutMs),
        heartbeatMs: options.heartbeatMs ?? 15_000,
        maxBodyBytes: options.maxBodyBytes ?? 1024 * 1024,
        callerInstructions: options.callerInstructions ?? 'refuse',
        webhooks,
        mayDecide: createRight(options.mayDecide),
        mayAnswer: createRight(options.mayAnswer),
      },
    }
    app.setup({ enableHttpStream: true })
    watchForwardedRequests()
    app.hook.appStart(({ hookData }) => {
      this.#check()
      const { served } = this.#workflows
      hookData[surveyName] = surveyApp({ agents: this.#agents, workflows: served, options, log })
    })
    this.#registerShared(options)
    for (const agent of agents) this.addAgent(agent)
    for (const workflow of workflows) this.addWorkflow(workflow)
  }

  /** Registers what all agents and workflows share, and the routes of the app as a whole. */
  #registerShared(options: AgentFunctionAppOptions): void {
    const { enableHealthCheck = true, chatPage = false, protocols = [], allowance } = options
    const { log, settings } = this.#services
    registerFirst(() => registerWatchdog(this.#services, options))
    const names = () => this.#agents.map(({ name }) => name)
    df.app.orchestration(agentRunOrchestrator, createAgentRunOrchestrator(names))
    df.app.orchestration(toolRunOrchestrator, runForTool)
    df.app.orchestration(scheduleOrchestrator, sendWhenDue)
    if (settings.webhooks !== undefined) registerWebhooks(settings.webhooks, log)
    const dialects = createProtocolRoutes(protocols)
    const routes = createAppRoutes({
      health: enableHealthCheck,
      allowance: allowance !== undefined,
      chatPage,
      dialects,
    })
    for (const route of routes) serveRoute(route, this.#services)
    if (chatPage) serveChatPage()
    df.app.entity(journalEntity, createJournalEntity())
    if (allowance !== undefined) df.app.entity(accountEntity, createAccountEntity(allowance))
  }

  /** The agents served, in order of registration. */
  get agents(): readonly Agent[] {
    return this.#agents
  }

  /** Serves one more agent. @throws {AgentError} `invalid_configuration` when one of that name, ignoring case, is served already, or naming an option that there is not. */
  addAgent(added: Agent | ForeignAgent, options: AddAgentOptions = {}): void {
    checkAddedAgent(added, options)
    const { callback = this.#defaultCallback, http = true, mcpTool = false, triggers = [] } = options
    const agent = 'client' in added ? added : new HostedAgent(added)
    if (this.#agents.some(({ name }) => name.toLowerCase() === agent.name.toLowerCase())) {
      throw new AgentError(
        'invalid_configuration',
        `An agent named "${agent.name}" is registered already (case does not count).`,
      )
    }
    this.#names.take(toEntityName(agent.name), `agent "${agent.name}"`)
    this.#agents.push(agent)
    this.#registerEntity(agent, callback)
    this.#exposures.set(agent, { http, mcpTool: mcpTool !== false })
    if (http) for (const route of createAgentRoutes(agent)) serveRoute(route, this.#services)
    if (mcpTool !== false) registerAgentTool(agent, mcpTool === true ? {} : mcpTool, this.#services)
    for (const trigger of triggers) this.#registerTrigger(agent, trigger)
  }

  #registerTrigger(agent: Agent, trigger: AgentTrigger): void {
    const name = toFunctionName(agent, trigger)
    this.#names.take(name, `a trigger of agent "${agent.name}", which may be given another name,`)
    const waitMs = this.#entityOptions.limits.hardEndMs
    registerTrigger(agent, trigger, { clients: this.#services.clients, waitMs })
  }

  /** The workflows that have routes, in order of registration. */
  get workflows(): readonly WorkflowDefinition[] {
    return this.#workflows.served
  }

  /**
   * Serves one more workflow: an orchestration, and the routes to start, read, follow and answer it. Its agents, and the
   * workflows nested in it, are registered with it unless they are already; only the agents get routes of their own.
   * @throws {AgentError} `invalid_configuration` when one of its names is taken, an agent is missing, or naming an option that there is not.
   */
  addWorkflow(workflow: WorkflowDefinition, options: AddWorkflowOptions = {}): void {
    checkAddedWorkflow(workflow, options)
    this.#workflows.add(workflow, options, this.#services, (agent, user) => this.#ensureAgent(agent, user))
  }

  #ensureAgent(agent: AgentReference, user: string): void {
    const known = this.#agents.find(({ name }) => name.toLowerCase() === agent.name.toLowerCase())
    if (agent instanceof Agent) {
      if (agent !== known) this.addAgent(agent)
    } else if (known === undefined) {
      const message = `${user} runs agent "${agent.name}", which is not registered.`
      throw new AgentError('invalid_configuration', message)
    }
  }

  #registerEntity(agent: Agent, callback: AgentResponseCallback | undefined): void {
    const handler = createAgentEntity({ ...this.#entityOptions, agent, callback })
    df.app.entity(toEntityName(agent.name), { handler, extraInputs: [df.input.durableClient()] })
  }

  #check(): void {
    for (const warning of checkHostJson(process.cwd())) process.emitWarning(warning, 'AgentFunctionApp')
    for (const { name, client } of this.#agents)
      process.stdout.write(`Agent ${name} uses ${describeModel(client.model)}\n`)
  }
}

/** Functions of the app that are named like the entities of agents. */
const reservedNames: readonly string[] = [
  agentRunOrchestrator,
  toolRunOrchestrator,
  scheduleOrchestrator,
  webhookOrchestrator,
  webhookActivity,
  watchdogFunction,
  journalEntity,
  accountEntity,
]

function describeModel(model: string): string {
  if (model !== offlineModel) return `model ${model}.`
  return `${model}, the offline demo model: set OPENAI_API_KEY, OPENAI_BASE_URL or AZURE_OPENAI_ENDPOINT for a real one.`
}

/** The worker says of a second app no more than that it knows the name of its function. */
function registerFirst(register: () => void): void {
  try {
    register()
  } catch (cause) {
    if (!toErrorMessage(cause).includes('already been registered')) throw cause
    const message =
      'A function app has one AgentFunctionApp: pass all agents to it, or add them with addAgent.'
    throw new AgentError('invalid_configuration', message, { cause })
  }
}
