import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, join, resolve, sep } from 'node:path'
import { AgentError, toErrorMessage } from '../../core/errors.js'
import { parseFrontMatter } from './front-matter.js'
import { checkSkill, type Skill, type SkillResource } from './skill.js'

/** Largest file that is read as a resource. */
const maxResourceBytes = 1024 * 1024

/**
 * The skills in a folder: of each folder in it that has a `SKILL.md`, or the folder itself when it has one.
 * @throws {AgentError} `invalid_configuration` naming the file that is not as the format wants it.
 */
export async function readSkillFolder(path: string): Promise<readonly Skill[]> {
  const root = resolve(path)
  const entries = await readdir(root, { withFileTypes: true }).catch((cause) => {
    throw new AgentError(
      'invalid_configuration',
      `The folder of skills "${root}" cannot be read: ${toErrorMessage(cause)}`,
      { cause },
    )
  })
  if (entries.some((entry) => entry.isFile() && entry.name === 'SKILL.md')) return [await readSkill(root)]
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(root, name))
  const skills = await Promise.all(
    folders.map(async (folder) => ((await hasSkill(folder)) ? readSkill(folder) : [])),
  )
  return skills.flat()
}

async function hasSkill(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries.some((entry) => entry.isFile() && entry.name === 'SKILL.md')
}

async function readSkill(folder: string): Promise<Skill> {
  const path = join(folder, 'SKILL.md')
  const { fields, body } = parseFrontMatter(await readFile(path, 'utf8')) ?? { fields: {}, body: '' }
  const { name = '', description = '' } = fields
  checkSkill({ name, description }, `"${path}"`)
  if (name !== basename(folder)) {
    throw new AgentError(
      'invalid_configuration',
      `"${path}" names the skill "${name}", but its folder is "${basename(folder)}"; both must be the same.`,
    )
  }
  const files = await listFiles(folder)
  const isScript = (file: string) => file.startsWith('scripts/')
  return {
    name,
    description,
    content: body,
    resources: files.filter((file) => !isScript(file)).map((file) => createFileResource(folder, file)),
    scripts: files.filter(isScript).map((file) => ({ name: file, folder })),
  }
}

/**
 * The files of a skill, as paths below its folder.
 * Security: links are left out, wherever they lead, and so are hidden files; a model can only name what is in this list.
 */
async function listFiles(folder: string, below = ''): Promise<readonly string[]> {
  // Folder by folder, as Node 26 goes through links when it is asked for all of them at once.
  const entries = await readdir(join(folder, below), { withFileTypes: true })
  const lists = entries.map(async (entry): Promise<readonly string[]> => {
    const path = join(below, entry.name).replaceAll(sep, '/')
    if (entry.name.startsWith('.') || path === 'SKILL.md') return []
    if (entry.isDirectory()) return listFiles(folder, path)
    return entry.isFile() ? [path] : []
  })
  return (await Promise.all(lists)).flat().sort()
}

function createFileResource(folder: string, name: string): SkillResource {
  return { name, read: () => readInside(folder, name) }
}

/** Security: what became a link since the folder was listed is not followed out of it. */
async function readInside(folder: string, name: string): Promise<string> {
  const [root, path] = await Promise.all([realpath(folder), realpath(join(folder, name))])
  if (!path.startsWith(root + sep)) throw new Error(`"${name}" leads out of the skill's folder.`)
  const { size } = await stat(path)
  if (size > maxResourceBytes)
    throw new Error(`"${name}" has ${size} bytes; at most ${maxResourceBytes} are read.`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch {
    throw new Error(`"${name}" is not text.`)
  }
}
