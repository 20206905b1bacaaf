import { randomUUID } from 'node:crypto'
import { systemClock } from '../core/clock.js'
import { toErrorMessage } from '../core/errors.js'
import { AppClient, type SessionAddress } from './chat/app-client.js'
import { adviseOnApproval, describeApproval, toResumeCommand } from './chat/ask-verdict.js'
import { type ChatArgs, parseChatArgs } from './chat/chat-args.js'
import { chooseAgent } from './chat/choose-agent.js'
import { parseCommand, runCommand } from './chat/commands.js'
import { Conversation, type Ending } from './chat/conversation.js'
import { type Lines, PipedLines, TerminalLines } from './chat/lines.js'
import { Screen } from './chat/screen.js'
import type { Piece } from './chat/show-event.js'

/** What the command ends with. */
const exitCodes = {
  answered: 0,
  failed: 1,
  /** There are several agents, or not the one that was named. */
  agentNeeded: 2,
  /** A tool call waits for an approval that nobody here gives. */
  approvalNeeded: 3,
  interrupted: 130,
} as const

interface Chat {
  readonly options: ChatArgs
  readonly client: AppClient
  readonly address: SessionAddress
  readonly screen: Screen
  readonly conversation: Conversation
}

/**
 * The `chat` verb: talks to an agent of a running app; gives the exit code.
 * @throws {AgentError} for wrong arguments; what goes wrong after that is shown.
 */
export async function chat(args: readonly string[]): Promise<number> {
  const options = parseChatArgs(args)
  const screen = new Screen({ answers: process.stdout, notices: process.stderr, env: process.env })
  // Whoever reads the answers may have enough of them (`| head`).
  process.stdout.on('error', () => process.exit(exitCodes.failed))
  try {
    const client = new AppClient({ url: options.url, key: options.key, clock: systemClock })
    const choice = chooseAgent(await client.readAgents(), options.agent)
    if ('agent' in choice) return await talkTo(choice.agent, options, client, screen)
    screen.alert(choice.complaint)
    return exitCodes.agentNeeded
  } catch (error) {
    screen.alert(toErrorMessage(error))
    return exitCodes.failed
  }
}

async function talkTo(agent: string, options: ChatArgs, client: AppClient, screen: Screen): Promise<number> {
  const address = { agent, session: options.session ?? randomUUID() }
  const lines = openLines(options)
  const conversation = new Conversation({ client, address, screen, lines, hidden: toHidden(options) })
  const chat: Chat = { options, client, address, screen, conversation }
  const onInterrupt = () => interrupt(chat)
  process.on('SIGINT', onInterrupt)
  try {
    screen.notice(
      `Session ${address.session} of ${agent}. Go on later: ${toResumeCommand(options.url, address)}`,
    )
    if (options.question !== undefined) return await askOnce(chat, options.question)
    return lines === undefined ? exitCodes.failed : await talk(chat, lines)
  } catch (error) {
    screen.alert(toErrorMessage(error))
    screen.alert(`Go on later: ${toResumeCommand(options.url, address)}`)
    return exitCodes.failed
  } finally {
    process.off('SIGINT', onInterrupt)
    lines?.close()
  }
}

/** A question alone takes no lines from a pipe: only somebody at a terminal decides its approvals. */
function openLines({ question }: ChatArgs): Lines | undefined {
  if (process.stdin.isTTY && process.stderr.isTTY) return new TerminalLines(process.stdin, process.stderr)
  return question === undefined ? new PipedLines(process.stdin) : undefined
}

/** The answer to a question alone is shown when it is certain. */
function toHidden({ question, quiet }: ChatArgs): ReadonlySet<Piece['kind']> {
  const hidden = new Set<Piece['kind']>()
  if (quiet) hidden.add('tool')
  if (question !== undefined) hidden.add('answer')
  return hidden
}

async function askOnce(chat: Chat, question: string): Promise<number> {
  const ending = await chat.conversation.send(question)
  if (ending.kind === 'completed') {
    chat.screen.answer(ending.response)
    chat.screen.endLine()
  }
  return tellEnding(chat, ending)
}

/** Line by line, until there are no more; in a terminal a message that fails is not the end. */
async function talk(chat: Chat, lines: Lines): Promise<number> {
  let code: number = exitCodes.answered
  let latest = await catchUp(chat)
  while (latest !== exitCodes.approvalNeeded) {
    if (!lines.isTerminal) code = Math.max(code, latest)
    const line = await lines.ask('> ')
    if (line.kind !== 'text' || parseCommand(line.text) === 'quit') return code
    latest = await outliveFailure(chat, lines, () => answerLine(chat, line.text))
  }
  return latest
}

async function answerLine(chat: Chat, text: string): Promise<number> {
  const command = parseCommand(text)
  if (command !== undefined) await runCommand(command, chat.client, chat.address, chat.screen)
  else if (text.trim() !== '') return tellEnding(chat, await chat.conversation.send(text))
  return exitCodes.answered
}

/** Somebody at a terminal can try again; a pipe cannot. */
async function outliveFailure({ screen }: Chat, lines: Lines, act: () => Promise<number>): Promise<number> {
  try {
    return await act()
  } catch (error) {
    if (!lines.isTerminal) throw error
    screen.alert(toErrorMessage(error))
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

/** Ctrl+C stops the answer that is coming; once more, or when there is none, it ends the command. */
function interrupt({ options, address, screen, conversation }: Chat): void {
  if (conversation.cancel()) return
  screen.alert(`Go on later: ${toResumeCommand(options.url, address)}`)
  process.exit(exitCodes.interrupted)
}
