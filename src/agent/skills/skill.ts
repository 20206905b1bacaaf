import { checkOptions, type OptionNames } from '../../core/check-options.js'
import { AgentError } from '../../core/errors.js'
import type { ToolContext } from '../tools/tool-context.js'

/** Knowledge that a model is told of by name and description, and gives itself when it needs it. Made by `skill()`, or from a folder. */
export interface Skill {
  readonly name: string
  readonly description: string
  /** What the model is told when it loads the skill. */
  readonly content: string
  readonly resources: readonly SkillResource[]
  /** Programs in the skill's folder. */
  readonly scripts: readonly SkillScript[]
}

/** Text that belongs to a skill, read when the model asks for it. */
export interface SkillResource {
  readonly name: string
  readonly description?: string | undefined
  /** The text; `context` knows the run, with its values that the model never sees. */
  read(context: ToolContext): Promise<string>
}

/** A program that belongs to a skill. Only a {@link ScriptRunner} runs it. */
export interface SkillScript {
  /** Its path below the skill's folder, with `/`. */
  readonly name: string
  /** The skill's folder; absolute. */
  readonly folder: string
}

/** A resource's text, or what makes it for a run. */
export type SkillResourceContent = string | ((context: ToolContext) => string | Promise<string>)

export interface SkillOptions {
  /** 1-64 lower-case letters, digits and hyphens; no hyphen at its ends, and no two in a row. */
  readonly name: string
  /** What it is about and when to use it, for the model; 1-1,024 characters. */
  readonly description: string
  /** What the model is told when it loads the skill. */
  readonly content: string
  /** By name. @default none */
  readonly resources?:
    | Readonly<
        Record<
          string,
          SkillResourceContent | { readonly description: string; readonly content: SkillResourceContent }
        >
      >
    | undefined
}

const optionNames: OptionNames<SkillOptions> = {
  name: true,
  description: true,
  content: true,
  resources: true,
}

/**
 * A skill in code.
 *
 * @example
 * const pricing = skill({
 *   name: 'tenant-pricing',
 *   description: 'The prices of the active tenant.',
 *   content: 'Read the resource `matrix`. Quote prices in USD.',
 *   resources: { matrix: ({ values }) => readPrices(String(values.tenant)) },
 * })
 * @throws {AgentError} `invalid_configuration` when the name, the description or the content cannot be used, or for options that there are not.
 */
export function skill(options: SkillOptions): Skill {
  checkOptions('skill', options, optionNames)
  const { name, description, content, resources = {} } = options
  checkSkill({ name, description }, `The skill "${name}"`)
  if (typeof content !== 'string') {
    throw new AgentError('invalid_configuration', `The skill "${name}" must have content, as text.`)
  }
  return { name, description, content, resources: Object.entries(resources).map(toResource), scripts: [] }
}

function toResource([name, resource]: [
  string,
  NonNullable<SkillOptions['resources']>[string],
]): SkillResource {
  const described = typeof resource === 'object' ? resource : { content: resource, description: undefined }
  const { description, content } = described
  return {
    name,
    description,
    read: async (context) => (typeof content === 'function' ? content(context) : content),
  }
}

/** Refuses what is no skill by the Agent Skills format (agentskills.io, Specification). @throws {AgentError} `invalid_configuration`. */
export function checkSkill({ name, description }: Pick<Skill, 'name' | 'description'>, where: string): void {
  if (typeof name !== 'string' || name.length > 64 || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
    throw new AgentError(
      'invalid_configuration',
      `${where} must have a name of 1-64 lower-case letters, digits and single hyphens, not "${name}".`,
    )
  }
  if (typeof description !== 'string' || description.trim() === '' || description.length > 1024) {
    throw new AgentError(
      'invalid_configuration',
      `${where} must have a description of 1-1,024 characters, not of ${description?.length ?? 0}.`,
    )
  }
}
