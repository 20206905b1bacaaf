/** Under which name the `hookData` of an app's start has its {@link AppSurvey}. */
export const surveyName = 'durableAgents'

/** What an app tells of itself to whoever has loaded it without serving it. */
export interface AppSurvey {
  describe(): AppDescription
  /** Asks what the app leans on whether it is there, each within `limitMs`. Never rejects. */
  probe(limitMs: number): Promise<readonly ProbeReport[]>
}

/** An app of agents, as it was put together. Security: no setting, and nothing that is said to a model, is in it. */
export interface AppDescription {
  readonly agents: readonly AgentDescription[]
  readonly workflows: readonly string[]
  readonly authLevel: 'anonymous' | 'function' | 'admin'
  /** Whether the app says whom a session belongs to. */
  readonly hasOwner: boolean
  readonly chatPage: boolean
  readonly runLog: RunLogDescription
  /** `undefined`: never deleted. */
  readonly sessionTtlMs?: number | undefined
  readonly runRetentionMs?: number | undefined
  /** Where the library's code is, if it can be told: a bundler may have put it into the app's own file. */
  readonly library?: string | undefined
}

/** Where runs are journalled: where the settings say, or in what the app was given, with the name of its class. */
export type RunLogDescription =
  | { readonly from: 'settings' }
  | { readonly from: 'app'; readonly kind: 'memory' | 'sqlite' | 'other'; readonly name: string }

export interface AgentDescription {
  readonly name: string
  /** By whom it is carried out: a language model, the demo model that knows nothing, or an agent of another framework. */
  readonly kind: 'model' | 'offline' | 'foreign'
  readonly model: string
  readonly provider?: string | undefined
  /** Those that are known without a run. */
  readonly tools: readonly ToolDescription[]
  /** What gives it further tools while it runs. */
  readonly toolSources: readonly string[]
}

export interface ToolDescription {
  readonly name: string
  /** Whether a human is asked after a crash only because nobody has said anything else. */
  readonly asksByDefault: boolean
}

/** What became of one question. */
export interface ProbeReport {
  readonly about: 'run log' | 'model'
  /** The model's name. */
  readonly model?: string | undefined
  /** Those who lean on it. */
  readonly agents: readonly string[]
  /** `none`: there is nothing that could be asked. */
  readonly outcome: 'reached' | 'unclear' | 'busy' | 'failed' | 'none'
  readonly detail?: string | undefined
}
