import { fromJsonSchema } from '../../../core/caller-schema.js'
import { checkCount } from '../../../core/check-count.js'
import {
  checkChoice,
  checkList,
  checkObject,
  checkOptions,
  type OptionNames,
} from '../../../core/check-options.js'
import { type JsonObject, toJsonText } from '../../../core/json.js'
import { checkAgents } from '../check-parts.js'
import type { AgentReference, NodeContext } from '../node-context.js'
import { agentNode, transformNode } from '../nodes.js'
import { validateWorkflow } from '../validate-workflow.js'
import type { WorkflowDefinition, WorkflowEdge, WorkflowNode } from '../workflow-definition.js'
import { type PatternOptions, patternOptions, toSettings } from './pattern-options.js'
import { addTurn, readTranscript, toTranscript } from './transcript.js'

/** An agent that others may hand over to. */
export interface HandoffAgent extends AgentReference {
  /** Tells the others what it is for. */
  readonly description?: string | undefined
}

export interface HandoffOptions extends PatternOptions {
  /** At least two; the first gets the workflow's input. */
  readonly agents: readonly HandoffAgent[]
  /** By name: to whom an agent may hand over; one with an empty list answers in any case. @default to all others */
  readonly handoffs?: Readonly<Record<string, readonly string[]>> | undefined
  /** How often it may change hands before the workflow fails with `max_steps_exceeded`. @default 10 */
  readonly maxHandoffs?: number | undefined
}

interface HandoffAnswer {
  readonly message: string
  /** `null`: this is the answer. */
  readonly handOffTo: string | null
}

const handoffOptions: OptionNames<HandoffOptions> = {
  ...patternOptions,
  agents: true,
  handoffs: true,
  maxHandoffs: true,
}

/** Agents that pass a request on among themselves until one of them answers it. @throws {AgentError} `invalid_configuration` naming the option that is wrong. */
export function handoff(options: HandoffOptions): WorkflowDefinition<string, string> {
  checkOptions('handoff', options, handoffOptions)
  const { agents, handoffs = {}, maxHandoffs = 10 } = options
  checkAgents('agents of handoff', agents)
  checkCount('The number of agents of handoff', agents.length, 2)
  checkHandoffs(handoffs, agents)
  checkCount('maxHandoffs of handoff', maxHandoffs, 0)
  const answer = transformNode('answer', ({ message }: HandoffAnswer) => message)
  const nodes = agents.map((agent) => createNode(agent, findColleagues(agent, agents, handoffs)))
  const definition: WorkflowDefinition<string, string> = {
    ...toSettings(options, maxHandoffs + 2),
    start: nodes.slice(0, 1).map(({ id }) => id),
    nodes: [...nodes, answer],
    edges: agents.map((agent) => createWays(agent, findColleagues(agent, agents, handoffs), answer.id)),
  }
  validateWorkflow(definition)
  return definition
}

function checkHandoffs(
  handoffs: NonNullable<HandoffOptions['handoffs']>,
  agents: readonly HandoffAgent[],
): void {
  checkObject('handoffs of handoff', handoffs)
  const names = agents.map(({ name }) => name)
  for (const [from, to] of Object.entries(handoffs)) {
    checkChoice('Whoever hands over', from, names)
    checkList(`handoffs of "${from}"`, to)
    for (const name of to) checkChoice(`handoffs of "${from}"`, name, names)
  }
}

function findColleagues(
  { name }: HandoffAgent,
  agents: readonly HandoffAgent[],
  handoffs: NonNullable<HandoffOptions['handoffs']>,
): readonly HandoffAgent[] {
  const allowed = handoffs[name] ?? agents.map((agent) => agent.name)
  return agents.filter((agent) => agent.name !== name && allowed.includes(agent.name))
}

function createWays(
  { name: from }: HandoffAgent,
  colleagues: readonly HandoffAgent[],
  answer: string,
): WorkflowEdge {
  if (colleagues.length === 0) return { kind: 'edge', from, to: answer }
  const cases = colleagues.map(({ name }) => ({
    to: name,
    when: (output: unknown) => (output as HandoffAnswer).handOffTo === name,
  }))
  return { kind: 'branch', from, cases, otherwise: answer }
}

function createNode(agent: HandoffAgent, colleagues: readonly HandoffAgent[]): WorkflowNode {
  return agentNode(agent, {
    prompt: (_input: unknown, context) => toPrompt(agent, colleagues, context),
    responseFormat: fromJsonSchema({
      type: 'object',
      properties: {
        message: { type: 'string' },
        handOffTo: toTargetSchema(colleagues.map(({ name }) => name)),
      },
      required: ['message', 'handOffTo'],
      additionalProperties: false,
    }),
    remember: (output, _input, { state }) =>
      addTurn(state, { speaker: agent.name, text: (output as HandoffAnswer).message }),
  })
}

/** A list of no names would be no JSON Schema. */
function toTargetSchema(names: readonly string[]): JsonObject {
  if (names.length === 0) return { type: 'null' }
  return { anyOf: [{ type: 'string', enum: names }, { type: 'null' }] }
}

function toPrompt(
  { name }: HandoffAgent,
  colleagues: readonly HandoffAgent[],
  { state, workflowInput }: NodeContext,
): string {
  const said = readTranscript(state)
  const list = colleagues.map((one) => `- ${one.name}${one.description ? `: ${one.description}` : ''}`)
  return [
    `The request:\n${toJsonText(workflowInput)}`,
    said.length === 0 ? '' : `Said about it so far:\n${toTranscript(said)}`,
    `You are ${name}. Answer it with handOffTo null${list.length === 0 ? '.' : ', or hand it over to one of these, with a message for them:'}`,
    list.join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}
