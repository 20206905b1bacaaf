import { z } from 'zod'
import type { AppDescription, ProbeReport } from '../../core/app-survey.js'

/** How an app is to be loaded. */
export interface InspectionRequest {
  readonly root: string
  readonly main: string | undefined
  /** Folder for what the app writes. */
  readonly dataDir: string
  /** Whether to ask what it leans on, too. */
  readonly online: boolean
}

/** What came of loading an app in a process of its own. */
export type Inspection =
  | LoadedInspection
  /** Its code threw, or the host found that it cannot be loaded. */
  | { readonly state: 'failed'; readonly message: string; readonly place?: string | undefined }
  /** It ended the process; `words` is the last that it wrote. */
  | { readonly state: 'ended'; readonly code: number | string; readonly words: string }
  | { readonly state: 'hung'; readonly afterMs: number }

export interface LoadedInspection {
  readonly state: 'loaded'
  /** How many functions would be run. */
  readonly functions: number
  /** Functions that would not, and why. */
  readonly errors: readonly string[]
  /** What Azure would not know of the bindings. */
  readonly bundleGaps: readonly string[]
  /** What the app tells of itself: the release of its library may be another one. */
  readonly description?: unknown
  readonly probes?: unknown
}

const description: z.ZodType<AppDescription> = z.object({
  agents: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['model', 'offline', 'foreign']),
      model: z.string(),
      provider: z.string().optional(),
      tools: z.array(z.object({ name: z.string(), asksByDefault: z.boolean() })),
      toolSources: z.array(z.string()),
    }),
  ),
  workflows: z.array(z.string()),
  authLevel: z.enum(['anonymous', 'function', 'admin']),
  hasOwner: z.boolean(),
  chatPage: z.boolean(),
  runLog: z.union([
    z.object({ from: z.literal('settings') }),
    z.object({ from: z.literal('app'), kind: z.enum(['memory', 'sqlite', 'other']), name: z.string() }),
  ]),
  sessionTtlMs: z.number().optional(),
  runRetentionMs: z.number().optional(),
  library: z.string().optional(),
})

const probes: z.ZodType<readonly ProbeReport[]> = z.array(
  z.object({
    about: z.enum(['run log', 'model']),
    model: z.string().optional(),
    agents: z.array(z.string()),
    outcome: z.enum(['reached', 'unclear', 'busy', 'failed', 'none']),
    detail: z.string().optional(),
  }),
)

/** What the app tells of itself; `undefined` when it has no agents, or tells it in words that we do not know. */
export function readDescription(inspection: Inspection): AppDescription | undefined {
  if (inspection.state !== 'loaded') return undefined
  return description.safeParse(inspection.description).data
}

/** What came of the questions to what the app leans on. */
export function readProbes({ probes: given }: LoadedInspection): readonly ProbeReport[] {
  return probes.safeParse(given).data ?? []
}
