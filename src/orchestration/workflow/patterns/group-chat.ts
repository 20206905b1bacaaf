import { fromJsonSchema } from '../../../core/caller-schema.js'
import { checkCount } from '../../../core/check-count.js'
import { checkChoice, checkOptions, type OptionNames } from '../../../core/check-options.js'
import { AgentError } from '../../../core/errors.js'
import { toJsonText } from '../../../core/json.js'
import { checkAgents } from '../check-parts.js'
import type { AgentReference, NodeContext } from '../node-context.js'
import { agentNode, functionNode, transformNode } from '../nodes.js'
import { validateWorkflow } from '../validate-workflow.js'
import type { WorkflowDefinition, WorkflowNode } from '../workflow-definition.js'
import { type PatternOptions, patternOptions, toSettings } from './pattern-options.js'
import { addTurn, readTranscript, type Turn, toTranscript } from './transcript.js'

/** A group chat as its manager sees it. */
export interface GroupChat {
  /** What the workflow was started with. */
  readonly topic: string
  readonly participants: readonly string[]
  /** Oldest first. */
  readonly turns: readonly Turn[]
}

/** Says who speaks next, by name, or `null` when all has been said. Runs as an activity. */
export type ChooseSpeaker = (chat: GroupChat) => string | null | Promise<string | null>

export interface GroupChatOptions extends PatternOptions {
  /** At least one. */
  readonly participants: readonly AgentReference[]
  /** Who decides whose turn it is: one after the other, a function, or an agent. @default 'roundRobin' */
  readonly manager?: 'roundRobin' | ChooseSpeaker | AgentReference | undefined
  /** How many turns there are at most. @default two for each participant */
  readonly maxTurns?: number | undefined
}

/** Who speaks next; `null` when all has been said. */
interface Choice {
  readonly next: string | null
}

const groupChatOptions: OptionNames<GroupChatOptions> = {
  ...patternOptions,
  participants: true,
  manager: true,
  maxTurns: true,
}

/**
 * Agents that talk about a topic until their manager, or the number of turns, ends it. The output is what was said.
 * @throws {AgentError} `invalid_configuration` naming the option that is wrong.
 */
export function groupChat(options: GroupChatOptions): WorkflowDefinition<string, readonly Turn[]> {
  checkOptions('groupChat', options, groupChatOptions)
  const { participants, manager = 'roundRobin' } = options
  checkAgents('participants of groupChat', participants)
  checkCount('The number of participants of groupChat', participants.length)
  if (typeof manager === 'string') checkChoice('manager of groupChat', manager, ['roundRobin'])
  const { maxTurns = participants.length * 2 } = options
  checkCount('maxTurns of groupChat', maxTurns)
  const names = participants.map(({ name }) => name)
  const chair = createChair(manager, names)
  const speakers = participants.map((agent) => createSpeaker(agent))
  const close = transformNode('close', (_last: unknown, { state }) => readTranscript(state))
  const isOver = ({ state }: NodeContext) => readTranscript(state).length >= maxTurns
  const definition: WorkflowDefinition<string, readonly Turn[]> = {
    ...toSettings(options, maxTurns * 2 + 2),
    start: [chair.id],
    nodes: [chair, ...speakers, close],
    edges: [
      {
        kind: 'branch',
        from: chair.id,
        cases: names.map((to) => ({ to, when: (choice) => (choice as Choice).next === to })),
        otherwise: close.id,
      },
      ...names.map((from) => ({
        kind: 'branch' as const,
        from,
        cases: [{ to: close.id, when: (_text: unknown, context: NodeContext) => isOver(context) }],
        otherwise: chair.id,
      })),
    ],
  }
  validateWorkflow(definition)
  return definition
}

function createChair(
  manager: NonNullable<GroupChatOptions['manager']>,
  names: readonly string[],
): WorkflowNode {
  if (manager === 'roundRobin') {
    return transformNode('manager', (_input: unknown, { state }): Choice => {
      const turn = readTranscript(state).length
      return { next: names[turn % names.length] ?? null }
    })
  }
  if (typeof manager !== 'function') return createAgentChair(manager, names)
  return functionNode('manager', async (_input: unknown, context): Promise<Choice> => {
    const next = await manager(toGroupChat(context, names))
    if (next === null || names.includes(next)) return { next }
    const message = `The manager chose "${next}"; the participants are: ${names.join(', ')}.`
    throw new AgentError('invalid_request', message)
  })
}

function createAgentChair(manager: AgentReference, names: readonly string[]): WorkflowNode {
  return agentNode(manager, {
    prompt: (_input: unknown, context) => {
      const { topic, turns } = toGroupChat(context, names)
      const said = turns.length === 0 ? 'Nobody has spoken yet.' : `Said so far:\n${toTranscript(turns)}`
      return `The topic:\n${topic}\n\n${said}\n\nWho of ${names.join(', ')} speaks next? Null when all has been said.`
    },
    responseFormat: fromJsonSchema({
      type: 'object',
      properties: { next: { anyOf: [{ type: 'string', enum: names }, { type: 'null' }] } },
      required: ['next'],
      additionalProperties: false,
    }),
  })
}

/** Its session holds what it has heard and said before, so it is told only what is new. */
function createSpeaker(agent: AgentReference): WorkflowNode {
  return agentNode(agent, {
    prompt: (_input: unknown, { state, workflowInput }) => {
      const turns = readTranscript(state)
      const last = turns.findLastIndex(({ speaker }) => speaker === agent.name)
      const news = toTranscript(turns.slice(last + 1))
      const topic = last < 0 ? [`You are ${agent.name}. The topic:\n${toJsonText(workflowInput)}`] : []
      return [...topic, ...(news === '' ? [] : [`Said since:\n${news}`]), 'It is your turn.'].join('\n\n')
    },
    remember: (text, _input, { state }) => addTurn(state, { speaker: agent.name, text }),
  })
}

function toGroupChat({ state, workflowInput }: NodeContext, participants: readonly string[]): GroupChat {
  return { topic: toJsonText(workflowInput), participants, turns: readTranscript(state) }
}
