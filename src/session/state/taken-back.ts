import type { OwnFields } from './stored-state.js'

/** Turns that follow each other: the first and the last. */
type Stretch = readonly [first: number, last: number]

type Stretches = OwnFields['takenBack']

/** The stretches with one more that ends after all of them; those that it touches become part of it. */
export function addStretch(stretches: Stretches = [], [first, last]: Stretch): Stretches {
  const apart = stretches.filter((other) => other[1] < first - 1)
  const touched = stretches[apart.length]
  return [...apart, [Math.min(first, touched?.[0] ?? first), last]]
}

/** Whether a turn was taken back. */
export function isTakenBack(stretches: Stretches, turn: number): boolean {
  return stretches?.some(([first, last]) => first <= turn && turn <= last) ?? false
}

/** How many turns of a range count: those after `after`, up to `upTo`, that were not taken back. */
export function countTurns(
  stretches: Stretches,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): number {
  let count = Math.max(0, upTo - after)
  for (const [first, last] of stretches ?? []) {
    count -= Math.max(0, Math.min(last, upTo) - Math.max(first - 1, after))
  }
  return count
}
