import {
  type Attributes,
  createNoopMeter,
  type Meter,
  type MeterProvider,
  type MetricOptions,
  metrics,
} from '@opentelemetry/api'
import { guard, scopeName } from './tracing.js'

/** Tells what was measured, or counted. */
export type Measure = (value: number, attributes: Attributes) => void

/** What model calls are measured with (semantic conventions 1.41.0, "Generative AI client metrics"). */
export interface ChatInstruments {
  /** `gen_ai.client.operation.duration`; seconds. */
  readonly duration: Measure
  /** `gen_ai.client.operation.time_to_first_chunk`; seconds. */
  readonly timeToFirstChunk: Measure
  /** `gen_ai.client.token.usage`; tokens. */
  readonly tokens: Measure
}

/** The bounds that the conventions give for durations; seconds. */
const secondBounds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]

/** The bounds that the conventions give for token counts. */
const tokenBounds = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
]

/** Whether the app has registered a meter provider. */
export function isMetering(): boolean {
  return metrics.getMeter(scopeName) !== createNoopMeter()
}

/** A histogram. */
export function createHistogram(meter: Meter, name: string, options: MetricOptions): Measure {
  const histogram = guard(() => meter.createHistogram(name, options))
  return (value, attributes) => guard(() => histogram?.record(value, attributes))
}

/** A counter. */
export function createCounter(meter: Meter, name: string, options: MetricOptions): Measure {
  const counter = guard(() => meter.createCounter(name, options))
  return (value, attributes) => guard(() => counter?.add(value, attributes))
}

/** Instruments that are made once for each meter provider: an app may register its own after this library is loaded. */
export function perProvider<T>(create: (meter: Meter) => T): () => T {
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
  duration: createHistogram(meter, 'gen_ai.client.operation.duration', {
    description: 'GenAI operation duration.',
    unit: 's',
    advice: { explicitBucketBoundaries: secondBounds },
  }),
  timeToFirstChunk: createHistogram(meter, 'gen_ai.client.operation.time_to_first_chunk', {
    description: 'Time to receive the first chunk.',
    unit: 's',
    advice: { explicitBucketBoundaries: secondBounds },
  }),
  tokens: createHistogram(meter, 'gen_ai.client.token.usage', {
    description: 'Number of input and output tokens used.',
    unit: '{token}',
    advice: { explicitBucketBoundaries: tokenBounds },
  }),
}))
