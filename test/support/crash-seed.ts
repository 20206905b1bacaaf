/** Decides where the suites that try a part of all crashes try them: elsewhere each time. `CRASH_SEED` repeats what a failure names. */
export const seed = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 2 ** 31))
