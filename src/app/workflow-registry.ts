import { AgentError } from '../core/errors.js'
import { commonWorkflowRoutes, createWorkflowRoutes } from '../http/workflows/workflow-routes.js'
import { toNestedWorkflows } from '../orchestration/workflow/find-nodes.js'
import type { AgentReference } from '../orchestration/workflow/node-context.js'
import type { WorkflowDefinition } from '../orchestration/workflow/workflow-definition.js'
import type { FunctionNames } from './function-names.js'
import { type McpWorkflowToolOptions, registerWorkflowTool } from './mcp-workflow-tool.js'
import { registerWorkflow } from './register-workflow.js'
import { type RouteServices, serveRoute } from './serve-route.js'

export interface AddWorkflowOptions {
  /** Whether to serve the workflow's HTTP routes. @default true */
  readonly http?: boolean | undefined
  /** Whether, and how, MCP clients find the workflow as a tool of the app, at `/runtime/webhooks/mcp`. @default false */
  readonly mcpTool?: boolean | McpWorkflowToolOptions | undefined
}

/** The workflows of an app, with those nested in them. */
export class WorkflowRegistry {
  /** Those with routes, in order of registration. */
  readonly served: WorkflowDefinition[] = []
  readonly #all = new Set<WorkflowDefinition>()
  /** Those that were added themselves. */
  readonly #added = new Set<WorkflowDefinition>()
  readonly #names: FunctionNames

  constructor(names: FunctionNames) {
    this.#names = names
  }

  /** Registers a workflow and all in it that is not registered yet; `ensureAgent` is told which agents it needs, and what for. */
  add(
    workflow: WorkflowDefinition,
    { http = true, mcpTool = false }: AddWorkflowOptions,
    services: RouteServices,
    ensureAgent: (agent: AgentReference, user: string) => void,
  ): void {
    for (const one of toNestedWorkflows(workflow)) {
      if (this.#all.has(one)) continue
      this.#all.add(one)
      registerWorkflow(one, this.#names)
      for (const { id, spec } of one.nodes) {
        if (spec.kind === 'agent') ensureAgent(spec.agent, `Node "${id}" of workflow "${one.name}"`)
      }
    }
    this.#take(workflow)
    if (http) this.#serve(workflow, services)
    if (mcpTool !== false) registerWorkflowTool(workflow, mcpTool === true ? {} : mcpTool, services)
  }

  #take(workflow: WorkflowDefinition): void {
    if (this.#added.has(workflow)) {
      throw new AgentError('invalid_configuration', `Workflow "${workflow.name}" is served already.`)
    }
    this.#added.add(workflow)
  }

  #serve(workflow: WorkflowDefinition, services: RouteServices): void {
    const isFirst = this.served.length === 0
    this.served.push(workflow)
    const routes = createWorkflowRoutes(workflow)
    for (const route of isFirst ? [...commonWorkflowRoutes, ...routes] : routes) serveRoute(route, services)
  }
}
