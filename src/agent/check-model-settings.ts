import { checkCount } from '../core/check-count.js'
import {
  checkChoice,
  checkFlag,
  checkObject,
  checkOptions,
  describeGiven,
  type OptionNames,
} from '../core/check-options.js'
import { AgentError } from '../core/errors.js'
import type { ModelSettings } from './agent-definition.js'

const settingNames: OptionNames<ModelSettings> = {
  background: true,
  temperature: true,
  topP: true,
  maxOutputTokens: true,
  providerOptions: true,
  toolChoice: true,
}

/** Refuses settings that there are not, as no model would be told of them, and those of a wrong type. @throws {AgentError} `invalid_configuration` naming the first. */
export function checkModelSettings(what: string, settings: ModelSettings = {}): void {
  checkOptions(what, settings, settingNames)
  const { background, temperature, topP, maxOutputTokens, providerOptions = {}, toolChoice } = settings
  checkFlag(`background in ${what}`, background)
  checkNumber(`temperature in ${what}`, temperature)
  checkNumber(`topP in ${what}`, topP)
  checkCount(`maxOutputTokens in ${what}`, maxOutputTokens)
  checkObject(`providerOptions in ${what}`, providerOptions)
  checkToolChoice(`toolChoice in ${what}`, toolChoice)
}

/** Refuses what neither is a choice nor names a tool. @throws {AgentError} `invalid_configuration` naming the option. */
export function checkToolChoice(option: string, choice: unknown): void {
  if (choice === undefined) return
  const { name }: { readonly name?: unknown } = Object(choice)
  if (typeof choice === 'object' && typeof name === 'string') return
  checkChoice(`${option}, when it is no { name } of a tool,`, choice, ['auto', 'none', 'required'])
}

function checkNumber(option: string, value: number | undefined): void {
  if (value === undefined || Number.isFinite(value)) return
  throw new AgentError('invalid_configuration', `${option} must be a number, not ${describeGiven(value)}.`)
}
