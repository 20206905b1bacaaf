import { createNoopMeter, type Histogram, type MeterProvider, metrics } from '@opentelemetry/api'
import { scopeName } from './tracing.js'

/** What model calls are measured with (semantic conventions 1.41.0, "Generative AI client metrics"). */
export interface ChatInstruments {
  /** `gen_ai.client.operation.duration`; seconds. */
  readonly duration: Histogram
  /** `gen_ai.client.operation.time_to_first_chunk`; seconds. */
  readonly timeToFirstChunk: Histogram
  /** `gen_ai.client.token.usage`; tokens. */
  readonly tokens: Histogram
}

/** The bounds that the conventions give for durations; seconds. */
export const secondBounds = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
]

/** The bounds that the conventions give for token counts. */
const tokenBounds = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
]

/** Whether the app has registered a meter provider. */
export function isMetering(): boolean {
  return metrics.getMeter(scopeName) !== createNoopMeter()
}

/** Instruments that are made once for each meter provider: an app may register its own after this library is loaded. */
export function perProvider<T>(create: (meter: ReturnType<MeterProvider['getMeter']>) => T): () => T {
  const made = new WeakMap<MeterProvider, T>()
  return () => {
    const provider = metrics.getMeterProvider()
    const known = made.get(provider) ?? create(provider.getMeter(scopeName))
    made.set(provider, known)
    return known
  }
}

/** The instruments of the meter provider that is registered now. */
export const getChatInstruments = perProvider<ChatInstruments>((meter) => ({
  duration: meter.createHistogram('gen_ai.client.operation.duration', {
    description: 'GenAI operation duration.',
    unit: 's',
    advice: { explicitBucketBoundaries: secondBounds },
  }),
  timeToFirstChunk: meter.createHistogram('gen_ai.client.operation.time_to_first_chunk', {
    description: 'Time to receive the first chunk.',
    unit: 's',
    advice: { explicitBucketBoundaries: secondBounds },
  }),
  tokens: meter.createHistogram('gen_ai.client.token.usage', {
    description: 'Number of input and output tokens used.',
    unit: '{token}',
    advice: { explicitBucketBoundaries: tokenBounds },
  }),
}))
