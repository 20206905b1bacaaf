import type { InvocationContext, McpToolResponse } from '@azure/functions'
import { parseWritableJson, toJsonText } from '../core/json.js'
import { parseWith } from '../core/schema.js'
import { withinMs } from '../core/work-limit.js'
import { createFieldError, createRequestError } from '../http/request-errors.js'
import { toEndedBody } from '../http/workflows/workflow-answers.js'
import type { WorkflowDefinition } from '../orchestration/workflow/workflow-definition.js'
import { hasEnded } from '../orchestration/workflow/workflow-run.js'
import { createToolResponse, readToolArguments, readToolOwner, registerMcpTool } from './mcp-tool.js'
import type { RouteServices } from './serve-route.js'

/** How a workflow shows as a tool of the app's MCP server, at `/runtime/webhooks/mcp`. */
export interface McpWorkflowToolOptions {
  /** @default the workflow's name */
  readonly name?: string | undefined
  /** What the workflow is for, for the models that choose among tools. @default the workflow's description */
  readonly description?: string | undefined
}

/** Registers a function that offers a workflow as a tool to MCP clients. */
export function registerWorkflowTool(
  workflow: WorkflowDefinition,
  options: McpWorkflowToolOptions,
  services: RouteServices,
): void {
  const { name = workflow.name, description = workflow.description ?? `Run the workflow ${workflow.name}.` } =
    options
  registerMcpTool({
    functionName: `mcptool-workflow-${workflow.name}`,
    toolName: name,
    description,
    toolProperties: [
      {
        propertyName: 'input',
        propertyType: 'string',
        description: 'What to start the workflow with: a text, or JSON.',
        isRequired: true,
      },
    ],
    answer: (toolInput, context) => run(workflow, services, toolInput, context),
    toFailure: ({ detail, code }) =>
      createToolResponse(`The workflow could not be run: ${detail}`, { status: 'error', code }),
  })
}

async function run(
  workflow: WorkflowDefinition,
  services: RouteServices,
  toolInput: unknown,
  context: InvocationContext,
): Promise<McpToolResponse> {
  const input = await parseInput(workflow, readToolArguments(toolInput).input)
  const owner = await readToolOwner(toolInput, services)
  const key = { workflow, instanceId: context.invocationId, owner }
  const runs = services.clients.getWorkflows(context)
  await runs.start(key, input)
  const { waitLimitMs } = services.settings
  const found = await withinMs(waitLimitMs, (signal) => runs.waitForEnd(key, signal))
  const { runId, runtimeStatus, output, error } = toEndedBody(found)
  const text = hasEnded(found)
    ? (error?.message ?? toJsonText(output))
    : 'The workflow is still at work, or waits for a human.'
  return createToolResponse(text, { runId, runtimeStatus, output, error })
}

/** A text that fits the workflow's schema as it is, or as the JSON it holds. */
async function parseInput({ input: schema }: WorkflowDefinition, text: unknown): Promise<unknown> {
  if (typeof text !== 'string' || text.trim() === '')
    throw createFieldError('input', 'must be a text that is not blank')
  if (schema === undefined) return text
  const asText = await parseWith(schema, text)
  if (asText.ok) return asText.value
  const json = parseWritableJson(text)
  const asJson = json === undefined ? asText : await parseWith(schema, json)
  if (asJson.ok) return asJson.value
  throw createRequestError(asJson.issues.map(({ path, message }) => ({ path: `input.${path}`, message })))
}
