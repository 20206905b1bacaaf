import { z } from 'zod'
import type { Tool } from '../agent-definition.js'
import { tool } from '../tools/tool.js'
import type { ToolContext } from '../tools/tool-context.js'
import type { ApprovalPolicy } from '../tools/tool-options.js'
import type { Skill, SkillScript } from './skill.js'

/** A program to be run, as the model asked for it. */
export interface ScriptRun {
  readonly script: SkillScript
  readonly args: readonly string[]
}

/** Runs programs of skills; gives what they wrote, for the model. */
export type ScriptRunner = (run: ScriptRun, context: ToolContext) => Promise<string>

const named = z.object({ name: z.string().describe('The name of the skill.') })

/** The tool by which a model gives itself a skill. */
export function createLoadTool(skills: readonly Skill[], runsScripts: boolean): Tool {
  return tool({
    name: 'load_skill',
    description: 'Loads the instructions of a skill, and tells which resources it has.',
    parameters: named,
    readOnly: true,
    execute({ name }) {
      const { content, resources, scripts } = find(skills, name, 'skill')
      return {
        instructions: content,
        resources: resources.map((resource) => ({
          name: resource.name,
          description: resource.description,
        })),
        ...(runsScripts ? { scripts: scripts.map((script) => script.name) } : {}),
      }
    },
  })
}

/** The tool that reads a resource of a skill. */
export function createReadTool(skills: readonly Skill[]): Tool {
  return tool({
    name: 'read_skill_resource',
    description: 'Reads a resource of a skill.',
    parameters: z.object({
      skill: z.string().describe('The name of the skill.'),
      resource: z.string().describe('The name of the resource, as load_skill tells it.'),
    }),
    readOnly: true,
    execute: ({ skill, resource }, context) =>
      find(find(skills, skill, 'skill').resources, resource, 'resource').read(context),
  })
}

/** The tool that runs a program of a skill. */
export function createRunTool(
  skills: readonly Skill[],
  run: ScriptRunner,
  approval: ApprovalPolicy<ScriptArguments>,
): Tool {
  return tool({
    name: 'run_skill_script',
    description: 'Runs a script of a skill, and gives what it wrote.',
    parameters: scriptArguments,
    approval,
    execute({ skill, script, arguments: args }, context) {
      const found = find(find(skills, skill, 'skill').scripts, script, 'script')
      return run({ script: found, args }, context)
    },
  })
}

const scriptArguments = z.object({
  skill: z.string().describe('The name of the skill.'),
  script: z.string().describe('The name of the script, as load_skill tells it.'),
  arguments: z.array(z.string()).default([]).describe('Its command line arguments.'),
})

/** What a model says of a program that it wants run. */
export type ScriptArguments = z.output<typeof scriptArguments>

/** Finds what a model named. @throws {Error} telling it what there is. */
function find<Named extends { readonly name: string }>(
  among: readonly Named[],
  name: string,
  kind: string,
): Named {
  const found = among.find((one) => one.name === name.replace(/^\.\//, ''))
  if (found !== undefined) return found
  throw new Error(
    `There is no ${kind} named "${name}". There are: ${among.map((one) => one.name).join(', ') || 'none'}.`,
  )
}
