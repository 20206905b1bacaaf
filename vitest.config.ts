import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'

/** Samples import the package by its name: here that is its sources, as they are. */
function toAliases() {
  const { name, exports } = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8'))
  const entries: [string, { default?: string }][] = Object.entries(exports)
  return entries.flatMap(([path, { default: file }]) =>
    file === undefined
      ? []
      : [
          {
            find: new RegExp(`^${name}${path.slice(1)}$`),
            replacement: join(import.meta.dirname, file.replace(/^\.\/dist\/(.*)\.js$/, '$1.ts')),
          },
        ],
  )
}

/** Rooms whose tests leave nothing behind in their process, so that it need not load everything anew for each file. */
const rooms = [
  'agent',
  'app',
  'architecture',
  'cli',
  'core',
  'http',
  'model',
  'orchestration',
  'run',
  'session',
  'web',
]
/** The same of what is tested through hosts. A process that has loaded one is none for the rooms. */
const hosts = ['client', 'conformance', 'e2e', 'host', 'samples']

const toFiles = (folders: readonly string[]) => folders.map((folder) => `test/${folder}/**/*.test.ts`)

export default defineConfig({
  resolve: { alias: toAliases() },
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A busy machine may take long until what is polled for is true.
    expect: { poll: { timeout: 10_000 } },
    maxWorkers: 3,
    // Begun in the order of their names: what takes longest is not left for the end.
    projects: [
      {
        extends: true,
        test: {
          name: 'apart',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...toFiles([...rooms, ...hosts])],
        },
      },
      { extends: true, test: { name: 'hosts', include: toFiles(hosts), isolate: false } },
      { extends: true, test: { name: 'rooms', include: toFiles(rooms), isolate: false } },
    ],
  },
})
