/**
 * Decides where the suites that try a part of all crashes try them: the same everywhere, so that a failure is the change's.
 * `CRASH_SEED` tries others.
 */
export const seed = Number(process.env.CRASH_SEED ?? 1)
