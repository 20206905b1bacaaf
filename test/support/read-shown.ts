import { readMessageText } from './chat-completions-server-steps.js'
import type { RunScene } from './run-scene.js'

/** What the model was shown last; of instructions of the caller what is quoted. */
export function readShown({ model: { requests } }: RunScene): readonly string[] {
  const messages = requests.at(-1)?.body.messages ?? []
  return messages.map(
    (message) => `${message.role}: ${readMessageText(message).replace(/^The caller gives.*\n/, '')}`,
  )
}
