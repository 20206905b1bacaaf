import { checkList, checkOptions, type OptionNames } from '../../core/check-options.js'
import { AgentError } from '../../core/errors.js'
import type { ContextProvider, Tool } from '../agent-definition.js'
import type { ProvidedContext } from '../providers/provider-context.js'
import type { ApprovalPolicy } from '../tools/tool-options.js'
import type { Skill } from './skill.js'
import { readSkillFolder } from './skill-folder.js'
import {
  createLoadTool,
  createReadTool,
  createRunTool,
  type ScriptArguments,
  type ScriptRunner,
} from './skill-tools.js'

export interface SkillsProviderOptions {
  /** What its tools and its part of a session are filed under. @default 'skills' */
  readonly name?: string | undefined
  /** Skills in code. @default none */
  readonly skills?: readonly Skill[] | undefined
  /** Folders of skills in the Agent Skills format; each is read once, when it is first needed. @default none */
  readonly folders?: readonly string[] | undefined
  /** Runs the scripts of skills, e.g. `runScriptsAsProcesses()`. Without it the model is not even told of them. @default none */
  readonly runScript?: ScriptRunner | undefined
  /** Whether a human has to agree before a script runs. @default 'always' */
  readonly scriptApproval?: ApprovalPolicy<ScriptArguments> | undefined
}

const skillsProviderOptions: OptionNames<SkillsProviderOptions> = {
  name: true,
  skills: true,
  folders: true,
  runScript: true,
  scriptApproval: true,
}

/**
 * Tells a model which skills there are, and gives it tools to load them and to read what belongs to them: rarely used
 * knowledge then costs two lines of the context until it is needed.
 *
 * @example
 * new Agent({ name: 'Sales', client, contextProviders: [new SkillsProvider({ skills: [pricing], folders: ['./skills'] })] })
 */
export class SkillsProvider implements ContextProvider {
  readonly name: string
  readonly #options: SkillsProviderOptions
  #skills: Promise<readonly Skill[]> | undefined

  /** @throws {AgentError} `invalid_configuration` naming an option that there is not, or that is no list. */
  constructor(options: SkillsProviderOptions) {
    checkOptions('SkillsProvider', options, skillsProviderOptions)
    checkList('skills of SkillsProvider', options.skills ?? [])
    checkList('folders of SkillsProvider', options.folders ?? [])
    this.name = options.name ?? 'skills'
    this.#options = options
  }

  async beforeRun(): Promise<ProvidedContext> {
    const skills = await this.#read()
    return skills.length === 0 ? {} : { instructions: toInstructions(skills) }
  }

  async tools(): Promise<readonly Tool[]> {
    const { runScript, scriptApproval = 'always' } = this.#options
    const skills = await this.#read()
    if (skills.length === 0) return []
    const hasResources = skills.some(({ resources }) => resources.length > 0)
    const hasScripts = skills.some(({ scripts }) => scripts.length > 0)
    return [
      createLoadTool(skills, runScript !== undefined),
      ...(hasResources ? [createReadTool(skills)] : []),
      ...(hasScripts && runScript !== undefined ? [createRunTool(skills, runScript, scriptApproval)] : []),
    ]
  }

  async #read(): Promise<readonly Skill[]> {
    this.#skills ??= readAll(this.#options)
    try {
      return await this.#skills
    } catch (error) {
      this.#skills = undefined
      throw error
    }
  }
}

async function readAll({ skills = [], folders = [] }: SkillsProviderOptions): Promise<readonly Skill[]> {
  const all = [...skills, ...(await Promise.all(folders.map(readSkillFolder))).flat()]
  const names = all.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return all
  throw new AgentError('invalid_configuration', `There are two skills named "${twice}".`)
}

/** Security: descriptions may come from elsewhere, so none can pretend to be the end of the list. */
function toInstructions(skills: readonly Skill[]): string {
  const lines = skills.map(
    ({ name, description }) => `<skill name="${name}">${escapeMarkup(description)}</skill>`,
  )
  return [
    'Skills are available to you. When one fits what you are asked, load it with load_skill before you answer, and follow it.',
    '<skills>',
    ...lines,
    '</skills>',
  ].join('\n')
}

function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll(/\s+/g, ' ')
}
