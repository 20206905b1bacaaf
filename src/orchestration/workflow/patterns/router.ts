import { fromJsonSchema } from '../../../core/caller-schema.js'
import { checkChoice, checkObject, checkOptions, type OptionNames } from '../../../core/check-options.js'
import { AgentError } from '../../../core/errors.js'
import { toJsonText } from '../../../core/json.js'
import type { AgentReference, FunctionContext } from '../node-context.js'
import type { AnyNode, InputOf, OutputOf } from '../node-types.js'
import { agentNode, functionNode, toNode, transformNode } from '../nodes.js'
import { validateWorkflow } from '../validate-workflow.js'
import type { WorkflowDefinition, WorkflowNode } from '../workflow-definition.js'
import { type PatternOptions, patternOptions, toSettings } from './pattern-options.js'

/** Chooses a route by its name. */
export type Classify<Input, Route extends string> = (
  input: Input,
  context: FunctionContext,
) => Route | Promise<Route>

export interface RouterOptions<Routes extends Readonly<Record<string, AnyNode>>> extends PatternOptions {
  /** An agent that is given the names of the routes to choose from, or a function, which runs as an activity. */
  readonly classify: AgentReference | Classify<InputOf<Routes[keyof Routes]>, Extract<keyof Routes, string>>
  /** By name: who may get the workflow's input. */
  readonly routes: Routes
  /** The route for inputs that were given the name of none. @default the workflow fails */
  readonly otherwise?: Extract<keyof Routes, string> | undefined
}

const routerOptions: OptionNames<RouterOptions<Readonly<Record<string, AnyNode>>>> = {
  ...patternOptions,
  classify: true,
  routes: true,
  otherwise: true,
}

/** Classifies the input and hands it to the one node that is there for it. @throws {AgentError} `invalid_configuration` naming the option that is wrong. */
export function router<const Routes extends Readonly<Record<string, AnyNode>>>(
  options: RouterOptions<Routes>,
): WorkflowDefinition<InputOf<Routes[keyof Routes]>, OutputOf<Routes[keyof Routes]>> {
  checkOptions('router', options, routerOptions)
  const { classify, routes, otherwise } = options
  checkObject('routes of router', routes)
  const names = Object.keys(routes)
  if (otherwise !== undefined) checkChoice('otherwise of router', otherwise, names)
  const targets = new Map(Object.entries(routes).map(([name, node]) => [name, toNode(node)]))
  const chooser = createChooser(classify, names)
  const dispatch = createDispatch(names, otherwise)
  const definition: WorkflowDefinition<InputOf<Routes[keyof Routes]>, OutputOf<Routes[keyof Routes]>> = {
    ...toSettings(options, 3),
    start: [chooser.id],
    nodes: [chooser, dispatch, ...new Set(targets.values())],
    edges: [
      { kind: 'edge', from: chooser.id, to: dispatch.id },
      {
        kind: 'branch',
        from: dispatch.id,
        cases: [...targets].map(([name, { id: to }]) => ({
          to,
          when: (_output, { state }) => state.route === name,
        })),
      },
    ],
  }
  validateWorkflow(definition)
  return definition
}

/** Leaves the name of the route in the shared state. */
function createChooser(
  classify: AgentReference | Classify<never, string>,
  names: readonly string[],
): WorkflowNode {
  if (typeof classify === 'function') {
    return functionNode('classify', async (input: never, context) => {
      const route = await classify(input, context)
      context.setState('route', route)
      return route
    })
  }
  const responseFormat = fromJsonSchema({
    type: 'object',
    properties: { route: { type: 'string', enum: names } },
    required: ['route'],
    additionalProperties: false,
  })
  return agentNode(classify, {
    prompt: (input: unknown) => toJsonText(input),
    responseFormat,
    remember: (output) => ({ route: (output as { readonly route: string }).route }),
  })
}

/** Puts the workflow's input back on its way. @throws {AgentError} `invalid_request` when there is no way for it. */
function createDispatch(names: readonly string[], otherwise: string | undefined): WorkflowNode {
  const toRoute = (route: unknown): string => {
    const known = names.find((name) => name === route) ?? otherwise
    if (known !== undefined) return known
    const message = `There is no route "${String(route)}"; there are: ${names.join(', ')}.`
    throw new AgentError('invalid_request', message)
  }
  return transformNode('dispatch', (_choice, { workflowInput }) => workflowInput, {
    remember: (_output, _choice, { state }) => ({ route: toRoute(state.route) }),
  })
}
