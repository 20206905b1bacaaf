/** Why a call to `name` is refused: the text that the platform's callers know. */
export function toUnknownFunctionText(
  name: string,
  kind: 'orchestrator' | 'entity',
  functions: ReadonlyMap<string, { readonly name: string }>,
): string {
  const known = [...functions.values()].map((each) => each.name)
  const hint =
    known.length === 0
      ? `No ${kind} functions are currently registered!`
      : `The following are the known ${kind} functions: '${known.join("', '")}'.`
  return `The function '${name}' doesn't exist, is disabled, or is not an ${kind} function. Additional info: ${hint}`
}
