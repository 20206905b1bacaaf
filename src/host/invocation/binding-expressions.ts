import { randomUUID } from 'node:crypto'
import type { BindingContext, InvocationRequest, TypedData } from '../functions.js'
import { isObject } from '../unchecked-object.js'
import { TriggerMetadata } from './trigger-metadata.js'

/** What the bindings of one invocation can refer to: its trigger's metadata and value, read when first needed. */
export function createBindingContext(functionName: string, request: InvocationRequest): BindingContext {
  let values: ReadonlyMap<string, unknown> | undefined
  return {
    resolve: (text) => {
      if (!text.includes('{')) return text
      values ??= readValues(request)
      return resolveExpressions(text, values, functionName)
    },
  }
}

/**
 * The text with each `{name}` replaced by that value, `{name.member}` by a member of it, and the names that the platform always
 * has: `{rand-guid}`, `{DateTime}`, `{sys.randguid}`, `{sys.utcnow}`, `{sys.methodname}` (Functions: binding expressions).
 * @throws {Error} naming the one that has no value.
 */
function resolveExpressions(
  text: string,
  values: ReadonlyMap<string, unknown>,
  functionName: string,
): string {
  return text.replace(/\{([^{}]+)\}/g, (_, expression: string) => {
    const value = findValue(expression.trim().toLowerCase(), values, functionName)
    if (value !== undefined && value !== null)
      return typeof value === 'object' ? JSON.stringify(value) : String(value)
    throw new Error(`No value for named parameter '${expression}'.`)
  })
}

function findValue(name: string, values: ReadonlyMap<string, unknown>, functionName: string): unknown {
  const [first = '', ...members] = name.split('.')
  if (values.has(first)) return members.reduce(readMember, values.get(first))
  switch (name) {
    case 'rand-guid':
    case 'sys.randguid':
      return randomUUID()
    case 'datetime':
    case 'sys.utcnow':
      return new Date().toISOString().replace(/\.\d+Z$/, 'Z')
    case 'sys.methodname':
      return functionName
    default:
      return undefined
  }
}

function readMember(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined
  return Object.entries(value).find(([key]) => key.toLowerCase() === name)?.[1]
}

/** By lower-case name. */
function readValues({ input, triggerMetadata }: InvocationRequest): ReadonlyMap<string, unknown> {
  const record = triggerMetadata ?? ('http' in input ? readHttpValues(input.http) : {})
  return new Map(Object.entries(record).map(([name, data]) => [name.toLowerCase(), toValue(data)]))
}

function toValue(data: TypedData): unknown {
  return 'json' in data ? JSON.parse(data.json) : Object.values(data)[0]
}

/** What a request offers besides itself: members of a JSON body, then query, then route values (Functions host: HTTP binding data). */
function readHttpValues(http: Readonly<Record<string, unknown>>): Readonly<Record<string, TypedData>> {
  const values = new TriggerMetadata()
  const { body, nullableQuery, nullableParams, nullableHeaders } = http
  if (isObject(body) && body.bytes instanceof Uint8Array)
    values.putMembers(Buffer.from(body.bytes).toString('utf8'))
  const query = readNullable(nullableQuery)
  for (const [name, value] of [...query, ...readNullable(nullableParams)]) values.put(name, { string: value })
  if (!values.has('query')) values.put('Query', { json: JSON.stringify(Object.fromEntries(query)) })
  const headers = Object.fromEntries(readNullable(nullableHeaders))
  if (!values.has('headers')) values.put('Headers', { json: JSON.stringify(headers) })
  return values.toRecord()
}

function readNullable(value: unknown): readonly (readonly [string, string])[] {
  if (!isObject(value)) return []
  return Object.entries(value).map(([name, entry]) => [name, isObject(entry) ? String(entry.value) : ''])
}
