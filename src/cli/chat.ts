import { randomUUID } from 'node:crypto'
import { systemClock } from '../core/clock.js'
import { toErrorMessage } from '../core/errors.js'
import { AppClient } from './chat/app-client.js'
import { toResumeCommand } from './chat/ask-verdict.js'
import { type ChatArgs, parseChatArgs } from './chat/chat-args.js'
import { chooseAgent } from './chat/choose-agent.js'
import { Conversation } from './chat/conversation.js'
import { type Lines, PipedLines, TerminalLines } from './chat/lines.js'
import { Screen } from './chat/screen.js'
import type { Piece } from './chat/show-event.js'
import { askOnce, type Chat, exitCodes, talk } from './chat/talk.js'

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
  const lines = openLines()
  // A question alone takes no lines from a pipe: only somebody at a terminal decides its approvals.
  const deciders = options.question === undefined || lines.isTerminal ? lines : undefined
  const hidden = toHidden(options)
  const conversation = new Conversation({ client, address, screen, lines: deciders, hidden })
  const chat: Chat = { options, client, address, screen, conversation, lines }
  const onInterrupt = () => interrupt(chat)
  process.on('SIGINT', onInterrupt)
  try {
    screen.notice(`Session ${address.session} of ${agent}. ${toFarewell(chat)}`)
    return await (options.question === undefined ? talk(chat) : askOnce(chat, options.question))
  } catch (error) {
    screen.alert(toErrorMessage(error))
    screen.alert(toFarewell(chat))
    return exitCodes.failed
  } finally {
    process.off('SIGINT', onInterrupt)
    lines.close()
  }
}

function openLines(): Lines {
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY
  return isTerminal ? new TerminalLines(process.stdin, process.stderr) : new PipedLines(process.stdin)
}

/** The answer to a question alone is shown when it is certain. */
function toHidden({ question, quiet }: ChatArgs): ReadonlySet<Piece['kind']> {
  const hidden = new Set<Piece['kind']>()
  if (quiet) hidden.add('tool')
  if (question !== undefined) hidden.add('answer')
  return hidden
}

/** Ctrl+C stops the answer that is coming; once more, or when there is none, it ends the command. */
function interrupt(chat: Chat): void {
  // The terminal has written ^C.
  if (chat.lines.isTerminal) process.stderr.write('\n')
  if (chat.conversation.cancel()) return
  chat.screen.alert(toFarewell(chat))
  process.exit(exitCodes.interrupted)
}

function toFarewell({ options, address }: Chat): string {
  return `Go on later: ${toResumeCommand(options.url, address)}`
}
