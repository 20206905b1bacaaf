import { isJsonObject, type JsonObject } from './json.js'

const overridePrefix = 'azurefunctionsjobhost__'

/**
 * What a host.json says: it may have comments and trailing commas, and settings named `AzureFunctionsJobHost__a__b` replace
 * its members (Functions host: host.json reference). No object counts as an empty one.
 * @throws {SyntaxError} for text that is no JSON even so.
 */
export function parseHostJson(
  text: string,
  settings: Readonly<Record<string, string | undefined>>,
): JsonObject {
  const parsed: unknown = JSON.parse(stripJsonComments(text))
  let file = isJsonObject(parsed) ? parsed : {}
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined || !name.toLowerCase().startsWith(overridePrefix)) continue
    file = withMember(file, name.slice(overridePrefix.length).split('__'), value)
  }
  return file
}

function withMember(object: JsonObject, path: readonly string[], value: string): JsonObject {
  const [name, ...rest] = path
  if (name === undefined) return object
  // Configuration keys compare ignoring case: an override finds the member however host.json spells it.
  const key = Object.keys(object).find((member) => member.toLowerCase() === name.toLowerCase()) ?? name
  const inner = object[key]
  const changed = rest.length === 0 ? value : withMember(isJsonObject(inner) ? inner : {}, rest, value)
  return { ...object, [key]: changed }
}

/** The text without byte order mark, comments and trailing commas, which settings files may have. Strings stay as they are. */
export function stripJsonComments(text: string): string {
  const token = /"(?:[^"\\]|\\.)*"?|\/\/[^\r\n]*|\/\*[\s\S]*?(?:\*\/|$)/g
  const bare = text.replace(/^\uFEFF/, '').replace(token, (match) => (match.startsWith('"') ? match : ' '))
  return bare.replace(/"(?:[^"\\]|\\.)*"?|,(?=\s*[}\]])/g, (match) => (match === ',' ? '' : match))
}
