import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type PageFile, readPageFiles } from '../../src/web/page-files.js'
import { repository } from '../support/start-app.js'

const { page, version, assets } = readPageFiles(join(repository, 'dist/src/web/site'))
const html = toText(page)

function toText({ body }: PageFile): string {
  return Buffer.from(body).toString()
}

test('is small', () => {
  const files = [page, ...assets.values()]
  expect(files.reduce((sum, { gzipped }) => sum + gzipped.length, 0)).toBeLessThan(49_000)
})

test('loads nothing from elsewhere, and holds no code or style of its own', () => {
  const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address)
  const foreign = addresses.filter((address) => !address.startsWith(`chat/${version}/`))
  expect(foreign).toEqual([expect.stringMatching(/^data:image\/svg/)])
  expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|style=/)
})

test('names all of its modules, and they name each other', () => {
  const modules = [...assets].filter(([path]) => path.endsWith('.js'))
  expect(modules.length).toBeGreaterThan(20)
  for (const [path, file] of modules) {
    expect(html).toContain(`"chat/${path}"`)
    for (const [, target = ''] of toText(file).matchAll(/from '([^']+)'/g)) {
      const { pathname } = new URL(target, `http://host/${path}`)
      expect(assets.has(pathname.slice(1)), `${path} imports ${target}`).toBe(true)
    }
  }
})

test('says what to do when it was not built', () => {
  expect(() => readPageFiles(join(repository, 'not-there'))).toThrow(/npm run build/)
})
