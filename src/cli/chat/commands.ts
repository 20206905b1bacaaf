import type { SessionAddress } from '../../core/session-paths.js'
import type { AppClient } from './app-client.js'
import type { Screen } from './screen.js'

/** What a line asks of the chat itself, instead of the agent. */
export type Command = 'history' | 'quit' | 'reset' | 'unknown'

/** The command that a line is; `undefined` for a message. */
export function parseCommand(line: string): Command | undefined {
  const [, name] = /^\s*\/([a-z]+)\s*$/i.exec(line) ?? []
  if (name === undefined) return undefined
  const known = (['history', 'quit', 'reset'] as const).find((one) => one === name.toLowerCase())
  return known ?? 'unknown'
}

/** Does what a command says; `quit` is its caller's. @throws {AgentError} as the client does. */
export async function runCommand(
  command: Command,
  client: AppClient,
  address: SessionAddress,
  screen: Screen,
): Promise<void> {
  switch (command) {
    case 'history':
      return showHistory(client, address, screen)
    case 'reset':
      return reset(client, address, screen)
    case 'unknown':
      return screen.alert('There are /reset, /history and /quit.')
    case 'quit':
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
