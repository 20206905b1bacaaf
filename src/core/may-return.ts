// biome-ignore lint/suspicious/noConfusingVoidType: a function that never returns a value has this type
type Nothing = undefined | void

/** What a callback gives back that may also give nothing, at once or later. */
export type MayReturn<T> = T | Nothing | Promise<T | Nothing>
