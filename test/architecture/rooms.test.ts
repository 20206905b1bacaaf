import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { rooms } from './rooms.js'

const source = resolve(import.meta.dirname, '../../src')

interface Module {
  /** Path below src, e.g. `run/fold.ts`. */
  readonly path: string
  readonly room: string | undefined
  /** Paths below src. */
  readonly files: readonly string[]
  readonly packages: readonly string[]
}

const modules = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map(readModule)

function readModule(path: string): Module {
  const text = readFileSync(join(source, path), 'utf8').replaceAll(/\/\*.*?\*\//gs, '')
  const specifiers = [...text.matchAll(/(?:from\s+|import\s*\(?\s*)'([^']+)'/g)].map(
    ([, specifier = '']) => specifier,
  )
  const files = specifiers
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(source, resolve(source, dirname(path), specifier)).replace(/\.js$/, '.ts'))
  const packages = specifiers.filter((specifier) => !specifier.startsWith('.')).map(toPackage)
  return { path, room: toRoom(path), files, packages }
}

function toRoom(path: string): string | undefined {
  return path.includes('/') ? path.split('/')[0] : undefined
}

function toPackage(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node:'
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

test('every file stands in a room that is listed, but for the root barrel', () => {
  const strangers = modules.filter(
    ({ path, room }) => path !== 'index.ts' && !Object.hasOwn(rooms, room ?? ''),
  )
  expect(strangers.map(({ path }) => path)).toEqual([])
  expect(modules.length).toBeGreaterThan(50)
})

test('rooms import only rooms that they may lean on', () => {
  const wrong = modules.flatMap(({ path, room, files }) =>
    files
      .map(toRoom)
      .filter(
        (other) => room !== undefined && other !== room && !rooms[room]?.rooms.includes(other ?? 'the root'),
      )
      .map((other) => `${path} imports ${other}`),
  )
  expect(wrong).toEqual([])
})

test('rooms import only the packages listed for them', () => {
  const wrong = modules.flatMap(({ path, room, packages }) =>
    packages
      .filter((name) => room !== undefined && !rooms[room]?.packages.includes(name))
      .map((name) => `${path} imports ${name}`),
  )
  expect(wrong).toEqual([])
})

test('nothing is listed that no room needs', () => {
  const unused = Object.entries(rooms).flatMap(([name, { rooms: others, packages }]) => {
    const own = modules.filter(({ room }) => room === name)
    const needed = own.flatMap((module) => [...module.files.map(toRoom), ...module.packages])
    return [...others, ...packages].filter((one) => !needed.includes(one)).map((one) => `${name}: ${one}`)
  })
  expect(unused).toEqual([])
})

test('the client needs nothing that browsers lack, and little of other packages', () => {
  const needed = new Set<string>()
  const take = (path: string): void => {
    if (needed.has(path)) return
    needed.add(path)
    modules.find((module) => module.path === path)?.files.forEach(take)
  }
  take('client/index.ts')
  const packages = modules.filter(({ path }) => needed.has(path)).flatMap((module) => module.packages)
  expect([...new Set(packages)].toSorted()).toEqual(['@standard-schema/spec', 'eventsource-parser'])
  expect(needed.size).toBeLessThan(40)
})

test('no file imports itself in a circle', () => {
  const imports = new Map(modules.map(({ path, files }) => [path, files]))
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
    if (trail.includes(path) || done.has(path)) return
    for (const next of imports.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of imports.keys()) visit(path, [])
  expect(circles).toEqual([])
})

test('imports lead to files that exist', () => {
  const known = new Set(modules.map(({ path }) => path))
  expect(modules.flatMap(({ files }) => files).filter((file) => !known.has(file))).toEqual([])
})
