import { hasCode, toErrorMessage } from '../../core/errors.js'
import type { SessionAddress } from '../../core/session-paths.js'
import type { AppClient } from './app-client.js'
import { adviseOnApproval, describeApproval } from './ask-verdict.js'
import type { ChatArgs } from './chat-args.js'
import { type Command, parseCommand, runCommand } from './commands.js'
import type { Conversation, Ending } from './conversation.js'
import type { Lines } from './lines.js'
import { sayAnew, undoLast } from './say-anew.js'
import type { Screen } from './screen.js'

/** What the command ends with. */
export const exitCodes = {
  answered: 0,
  failed: 1,
  /** There are several agents, or not the one that was named. */
  agentNeeded: 2,
  /** A tool call waits for an approval that nobody here gives. */
  approvalNeeded: 3,
  interrupted: 130,
} as const

/** A chat with one agent, and all that it works with. */
export interface Chat {
  readonly options: ChatArgs
  readonly client: AppClient
  readonly address: SessionAddress
  readonly screen: Screen
  readonly conversation: Conversation
  readonly lines: Lines
}

/** Asks one question and shows its answer, once it is certain; gives the exit code. @throws {AgentError} when the app stays away. */
export async function askOnce(chat: Chat, question: string): Promise<number> {
  const ending = await chat.conversation.send({ text: question })
  if (ending.kind === 'completed') {
    chat.screen.answer(ending.response)
    chat.screen.endLine()
  }
  return tellEnding(chat, ending)
}

/**
 * Sends line by line, until there are no more; in a terminal a message that fails is not the end. Gives the exit code.
 * @throws {AgentError} when the app stays away.
 */
export async function talk(chat: Chat): Promise<number> {
  const { lines } = chat
  let code: number = exitCodes.answered
  let latest = await catchUp(chat)
  while (latest !== exitCodes.approvalNeeded) {
    if (!lines.isTerminal) code = Math.max(code, latest)
    const line = await lines.ask('> ')
    if (line.kind !== 'text' || parseCommand(line.text)?.name === 'quit') return code
    latest = await outliveFailure(chat, () => answerLine(chat, line.text))
  }
  return latest
}

async function answerLine(chat: Chat, text: string): Promise<number> {
  const command = parseCommand(text)
  if (command !== undefined) return obey(chat, command)
  if (text.trim() === '') return exitCodes.answered
  return tellEnding(chat, await chat.conversation.send({ text }))
}

async function obey(chat: Chat, command: Command): Promise<number> {
  const { client, address, screen } = chat
  if (!isAboutLast(command)) {
    await runCommand(command, client, address, screen)
    return exitCodes.answered
  }
  const ending =
    command.name === 'undo'
      ? await undoLast(chat)
      : await sayAnew(chat, 'text' in command ? command.text : undefined)
  return ending === undefined ? exitCodes.answered : tellEnding(chat, ending)
}

/** Whether a command is about the last message alone. */
function isAboutLast({ name }: Command): boolean {
  return name === 'again' || name === 'edit' || name === 'undo'
}

/** Somebody at a terminal can try again; a pipe cannot. */
async function outliveFailure({ screen, lines }: Chat, act: () => Promise<number>): Promise<number> {
  try {
    return await act()
  } catch (error) {
    if (!lines.isTerminal) throw error
    screen.alert(toErrorMessage(error))
    if (hasCode(error, 'budget_exhausted'))
      screen.alert('Your message was not sent: the up arrow brings it back.')
    return exitCodes.failed
  }
}

/** Sees what an earlier chat of the session has left open. */
async function catchUp(chat: Chat): Promise<number> {
  const { options, client, address, screen, conversation } = chat
  if (options.session === undefined) return exitCodes.answered
  let seen: string | undefined
  while (true) {
    const session = await client.readSession(address)
    const run = session?.run?.correlationId
    if (run === undefined || run === seen) return exitCodes.answered
    seen = run
    screen.notice('An earlier message is still being answered:')
    const code = tellEnding(chat, await conversation.resume(run))
    if (code === exitCodes.approvalNeeded) return code
  }
}

/** Says how a message ended where that is not its answer; gives the exit code. */
function tellEnding({ options, address, screen }: Chat, ending: Ending): number {
  switch (ending.kind) {
    case 'completed':
      return exitCodes.answered
    case 'failed':
      screen.alert(`The agent failed: ${ending.detail}`)
      return exitCodes.failed
    case 'cancelled':
      screen.alert(`Cancelled: ${ending.reason}`)
      return exitCodes.failed
    case 'waiting': {
      const needsKey = options.key !== undefined
      for (const approval of ending.approvals) {
        const advice = adviseOnApproval({ ...options, address, needsKey }, approval)
        for (const line of [...describeApproval(approval), ...advice]) screen.alert(line)
      }
      return exitCodes.approvalNeeded
    }
  }
}
