import type { SessionAddress } from '../../core/session-paths.js'
import type { AppClient } from './app-client.js'
import type { Screen } from './screen.js'

const plainCommands = ['again', 'history', 'quit', 'reset', 'undo'] as const

/** What a line asks of the chat itself, instead of the agent. */
export type Command =
  | { readonly name: (typeof plainCommands)[number] | 'unknown' }
  | {
      readonly name: 'edit'
      /** The last message in other words; may be empty. */
      readonly text: string
    }

/** The command that a line is; `undefined` for a message. */
export function parseCommand(line: string): Command | undefined {
  const [, word = '', text = ''] = /^\s*\/([a-z]+)(?:\s+(.*?))?\s*$/is.exec(line) ?? []
  const name = word.toLowerCase()
  if (name === 'edit') return { name, text }
  if (name === '' || text !== '') return undefined
  return { name: plainCommands.find((one) => one === name) ?? 'unknown' }
}

/** Does what a command about the whole conversation says; the others are its caller's. @throws {AgentError} as the client does. */
export async function runCommand(
  { name }: Command,
  client: AppClient,
  address: SessionAddress,
  screen: Screen,
): Promise<void> {
  switch (name) {
    case 'history':
      return showHistory(client, address, screen)
    case 'reset':
      return reset(client, address, screen)
    case 'unknown':
      return screen.alert('There are /again, /edit TEXT, /undo, /history, /reset and /quit.')
    case 'again':
    case 'edit':
    case 'quit':
    case 'undo':
      return
  }
}

async function showHistory(client: AppClient, address: SessionAddress, screen: Screen): Promise<void> {
  const session = await client.readSession(address)
  const entries = session?.conversation_history ?? []
  if (entries.length === 0) screen.alert('Nothing has been said yet.')
  for (const { role, content } of entries) {
    screen.answer(`${role === 'user' ? 'you' : address.agent}: ${content}`)
    screen.endLine()
  }
}

async function reset(client: AppClient, address: SessionAddress, screen: Screen): Promise<void> {
  const session = await client.readSession(address)
  if (session !== undefined) await client.resetSession(address)
  screen.alert('The agent remembers nothing of this conversation any more.')
}
