import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** The modules whose names the docs use without importing them, by what their names are read from. */
const modules: readonly (readonly [module: string, file: string])[] = [
  ['durable-agent-functions/client', 'src/client/index.ts'],
  ['durable-agent-functions', 'src/index.ts'],
  ['durable-agent-functions/openai', 'src/model/openai.ts'],
  ['durable-agent-functions/evaluation', 'src/agent/evaluation/index.ts'],
  ['durable-agent-functions/mcp', 'src/agent/mcp/index.ts'],
  ['./surroundings.js', 'test/user-project/surroundings.ts'],
]

const names = new Map([
  ['z', 'zod'],
  ['expect', 'vitest'],
  ['setTimeout', 'node:timers/promises'],
  ...modules.flatMap(([module, file]) => readNames(file).map((name) => [name, module] as const)),
])

function readNames(file: string): readonly string[] {
  const text = readFileSync(resolve(root, file), 'utf8')
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) =>
    list.split(','),
  )
  const made = [...text.matchAll(/^export (?:declare )?(?:const|function) (\w+)/gm)].map(
    ([, name = '']) => name,
  )
  return [...listed.map((name) => name.replace('type ', '').trim()), ...made].filter((name) => name !== '')
}

/** A code block as a module: what it uses and does not make itself is imported. */
export function toModule(code: string): string {
  const bare = code.replaceAll(/\/\/.*|'(?:[^'\\\n]|\\.)*'/g, '')
  const used = new Set([...bare.matchAll(/(?<![.\w$])[A-Za-z_]\w*/g)].map(([name]) => name))
  const made = [...bare.matchAll(/(?:const|let|import) (?:\{([^}]*)\}|(\w+))/g)].flatMap(
    ([, list, name = '']) => (list === undefined ? [name] : list.split(',').map((entry) => entry.trim())),
  )
  const imports = [...names].filter(([name]) => used.has(name) && !made.includes(name))
  return [...imports.map(([name, module]) => `import { ${name} } from '${module}'`), code].join('\n')
}

/** The code blocks of a page, one by one; those of a page about clients go on from each other, and are one. */
export function readCode(page: string): readonly string[] {
  const text = readFileSync(resolve(root, page), 'utf8')
  const blocks = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code)
  const isOne = page === 'docs/client.md' || page.startsWith('docs/protocols/')
  return isOne ? [blocks.join('\n')] : blocks
}
