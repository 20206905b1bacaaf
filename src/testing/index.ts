export { type ModelScript, type ModelStep, type ScriptedCall, ScriptedModel } from './scripted-model.js'
