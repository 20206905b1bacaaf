/** What becomes of a message on its way to an entity, if not that it arrives once and at once. */
export type MessageFate =
  /** It arrives twice, one copy after the other. */
  | 'twice'
  /** It arrives, and once more much later. */
  | 'again'
  /** It arrives much later. */
  | 'late'
  /** It never arrives. */
  | 'lost'

/** What goes wrong in one run of a scenario. Boundaries and messages are numbered from 0, in the order they happen. */
export type Disturbance =
  /** The process dies right before a boundary takes effect, or right after, before anybody hears of it. */
  | {
      readonly type: 'crash'
      readonly boundary: number
      readonly when: 'before' | 'after'
      /** Whether the messages being worked on come again; else the task hub takes them for done. */
      readonly isRedelivered: boolean
      /** Whether a caller whose request was cut off, but had been written down, repeats it. */
      readonly callerRepeats: boolean
    }
  /** The process lives, but is told that the store failed: truly, or although the write took effect. */
  | {
      readonly type: 'error'
      readonly boundary: number
      readonly when: 'before' | 'after'
      readonly callerRepeats: boolean
    }
  /** The process stands still while others take its work over, and goes on after so many boundaries of theirs. */
  | { readonly type: 'freeze'; readonly boundary: number; readonly boundaries: number }
  | { readonly type: 'message'; readonly message: number; readonly fate: MessageFate }
  /** Everything that may happen in any order does, messages come late and twice, and reads are stale. */
  | { readonly type: 'shuffle'; readonly seed: number }

/** A disturbance that hits a boundary. */
export type BoundaryDisturbance = Extract<Disturbance, { readonly boundary: number }>

/** In words, for reports. `nameOf` gives the name of a boundary by its number. */
export function describeDisturbance(
  disturbance: Disturbance,
  nameOf: (boundary: number) => string | undefined,
): string {
  switch (disturbance.type) {
    case 'crash':
    case 'error': {
      const { type, when, boundary } = disturbance
      const lost = type === 'crash' && !disturbance.isRedelivered ? ', messages not redelivered' : ''
      const caller = disturbance.callerRepeats ? '' : ', caller does not repeat'
      return `${type} ${when} boundary ${boundary} (${nameOf(boundary)})${lost}${caller}`
    }
    case 'freeze':
      return `process frozen before boundary ${disturbance.boundary} (${nameOf(disturbance.boundary)}) for ${disturbance.boundaries} boundaries`
    case 'message':
      return `message ${disturbance.message} ${disturbance.fate}`
    case 'shuffle':
      return `everything shuffled with seed ${disturbance.seed}`
  }
}
