export { crashEverywhere } from './crash/crash-everywhere.js'
export type {
  CrashOptions,
  CrashReport,
  Scenario,
  ScenarioOutcome,
  Stage,
} from './crash/scenario.js'
export type { Boundary } from './engine/boundary.js'
export type { Disturbance, MessageFate } from './engine/disturbance.js'
export { TestEngine, type TestEngineOptions } from './engine/test-engine.js'
export { VirtualClock } from './engine/virtual-clock.js'
export type { AgentFactory, EntityFactory } from './engine/world.js'
export type { RunNews } from './run-news.js'
export {
  conversation,
  countAnswers,
  type ModelScript,
  type ModelStep,
  type ScriptedCall,
  ScriptedModel,
  UnexpectedModelCall,
} from './scripted-model.js'
export { type SendOptions, TestSession } from './test-session.js'
