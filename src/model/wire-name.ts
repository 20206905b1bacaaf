/**
 * The name of a tool as providers take it back. A model may have called what there is not, such as `functions.look`; as it
 * wrote it, the name would have every further request of the conversation refused.
 * Wire: OpenAI API reference, "Create chat completion", `function.name`; others ask for the same.
 */
export function toWireName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || 'unknown'
}
