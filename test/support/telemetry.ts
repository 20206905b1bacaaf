import { context, diag, metrics, type SpanContext, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { afterAll, afterEach, beforeAll } from 'vitest'

/** What an app registers, with exporters that a test can look into. */
export class TelemetryKit {
  readonly #exporter = new InMemorySpanExporter()
  readonly #metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  readonly #reader = new PeriodicExportingMetricReader({
    exporter: this.#metrics,
    exportIntervalMillis: 3_600_000,
  })
  readonly #meters = new MeterProvider({ readers: [this.#reader] })
  /** What OpenTelemetry finds wrong with how it is used, such as a span that is ended twice; nothing. */
  readonly complaints: string[] = []

  /** Registers a tracer and a meter provider for the tests of a file, and forgets between them what was told. */
  constructor() {
    beforeAll(() => this.register())
    afterEach(() => this.#exporter.reset())
    afterAll(() => this.remove())
  }

  register(): void {
    const note = (...what: unknown[]) => void this.complaints.push(what.join(' '))
    diag.setLogger(
      { error: note, warn: note, info() {}, debug() {}, verbose() {} },
      { suppressOverrideMessage: true },
    )
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const spanProcessors = [new SimpleSpanProcessor(this.#exporter)]
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }))
    metrics.setGlobalMeterProvider(this.#meters)
  }

  remove(): void {
    trace.disable()
    metrics.disable()
    context.disable()
    diag.disable()
  }

  /** Spans in the order in which they ended. */
  get spans(): readonly ReadableSpan[] {
    return this.#exporter.getFinishedSpans()
  }

  get names(): readonly string[] {
    return this.spans.map(({ name }) => name)
  }

  /** The one span of this name. */
  span(name: string): ReadableSpan {
    const found = this.spans.filter((span) => span.name === name)
    if (found.length !== 1)
      throw new Error(`${found.length} spans are named "${name}", of ${this.names.join(', ')}.`)
    return found[0] as ReadableSpan
  }

  /** The names of the spans below one, in the order in which they ended. */
  below({ spanId }: SpanContext): readonly string[] {
    return this.spans
      .filter(({ parentSpanContext }) => parentSpanContext?.spanId === spanId)
      .map(({ name }) => name)
  }

  /** Everything that the spans of a test say, as text. */
  get text(): string {
    return JSON.stringify(
      this.spans.map(({ name, attributes, events, status, links }) => ({
        name,
        attributes,
        events,
        status,
        links,
      })),
    )
  }

  /** A metric as it stands, with the points since the file's tests began. */
  async metric(name: string): Promise<MetricData | undefined> {
    await this.#reader.forceFlush()
    const [newest] = this.#metrics.getMetrics().slice(-1)
    return newest?.scopeMetrics
      .flatMap((scope) => scope.metrics)
      .find(({ descriptor }) => descriptor.name === name)
  }
}
