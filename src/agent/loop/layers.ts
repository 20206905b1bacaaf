/** Puts functions around one another, the first outermost: each is called with its input and with what calls the next one. */
export function wrapInLayers<Input, Output>(
  layers: readonly Layer<Input, Output>[],
  innermost: (input: Input) => Promise<Output>,
): (input: Input) => Promise<Output> {
  return layers.reduceRight<(input: Input) => Promise<Output>>(
    (next, layer) => async (input) => layer(input, (changed = input) => next(changed)),
    innermost,
  )
}

/** One function around another. */
export type Layer<Input, Output> = (
  input: Input,
  next: (changed?: Input) => Promise<Output>,
) => Promise<Output>
