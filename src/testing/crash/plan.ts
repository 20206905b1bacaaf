import type { Boundary } from '../engine/boundary.js'
import type { Disturbance, MessageFate } from '../engine/disturbance.js'
import { SeededRandom } from '../engine/seeded-random.js'
import type { CrashOptions } from './scenario.js'

const fates: readonly MessageFate[] = ['twice', 'again', 'late', 'lost']

/** Everything that is to go wrong, one entry for each run: given the boundaries and messages of an undisturbed run. */
export function planRuns(
  boundaries: readonly Boundary[],
  messages: number,
  { pairs = 20, shuffles = 20, sample = 1, seed = 1 }: CrashOptions,
): readonly (readonly Disturbance[])[] {
  const random = new SeededRandom(seed)
  const singles = boundaries.flatMap((boundary, number) => planBoundary(boundary, number, random))
  const late = Array.from({ length: messages }, (_, message) =>
    fates.map((fate): Disturbance => ({ type: 'message', message, fate })),
  ).flat()
  const shuffled = Array.from({ length: shuffles }, (): readonly Disturbance[] => {
    const shuffle = { type: 'shuffle', seed: random.below(2 ** 32) } as const
    const other = random.pick(singles)
    return other === undefined || random.chance(0.3) ? [shuffle] : [shuffle, other]
  })
  const paired = Array.from({ length: pairs }, () => pickPair([...singles, ...late], random))
  const tried = [...singles, ...late].filter(() => sample >= 1 || random.chance(sample))
  return [...tried.map((one) => [one]), ...shuffled, ...paired]
}

function planBoundary(
  { actor, type, canFail }: Boundary,
  boundary: number,
  random: SeededRandom,
): readonly Disturbance[] {
  const whens = type === 'write' ? (['before', 'after'] as const) : (['before'] as const)
  const callers = actor === 'caller' && type === 'write' ? [true, false] : [true]
  const deliveries = actor === 'entity' ? [true, false] : [true]
  const crashes = whens.flatMap((when) =>
    callers.flatMap((callerRepeats) =>
      deliveries.map(
        (isRedelivered): Disturbance => ({
          type: 'crash',
          boundary,
          when,
          isRedelivered,
          callerRepeats,
        }),
      ),
    ),
  )
  const errors = canFail
    ? whens.flatMap((when) =>
        callers.map((callerRepeats): Disturbance => ({ type: 'error', boundary, when, callerRepeats })),
      )
    : []
  const freeze: Disturbance = { type: 'freeze', boundary, boundaries: 1 + random.below(20) }
  return [...crashes, ...errors, ...(type === 'write' && actor === 'entity' ? [freeze] : [])]
}

function pickPair(choices: readonly Disturbance[], random: SeededRandom): readonly Disturbance[] {
  const pair = [random.pick(choices), random.pick(choices)]
  return pair.filter((one) => one !== undefined)
}
