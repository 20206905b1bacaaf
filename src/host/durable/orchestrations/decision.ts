import type { UncheckedObject } from '../../unchecked-object.js'
import type { EntityId } from '../entities/entity-id.js'

/** Something that an orchestration sets going, under the number by which its history knows it. */
export type Decision =
  | {
      readonly kind: 'activity'
      readonly number: number
      readonly name: string
      readonly input: string | null
    }
  | { readonly kind: 'http'; readonly number: number; readonly request: UncheckedObject }
  | {
      readonly kind: 'subOrchestration'
      readonly number: number
      readonly name: string
      readonly instanceId: string
      readonly input: string | null
      readonly version: string | undefined
    }
  | { readonly kind: 'timer'; readonly number: number; readonly fireAt: number }
  | {
      readonly kind: 'call' | 'signal'
      readonly number: number
      /** A GUID; the answer of a call is an event of this name. */
      readonly requestId: string
      readonly entity: EntityId
      readonly operation: string
      readonly input: string | null
    }
  | {
      readonly kind: 'lock'
      readonly number: number
      readonly requestId: string
      readonly entities: readonly EntityId[]
    }
  | {
      readonly kind: 'release'
      readonly number: number
      readonly requestId: string
      readonly entity: EntityId
    }

/** Decisions of some kinds. */
export type DecisionOf<K extends Decision['kind']> = Extract<Decision, { readonly kind: K }>

/** A decision that has no number yet. */
export type UnnumberedDecision = DistributiveOmit<Decision, 'number'>

type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never
