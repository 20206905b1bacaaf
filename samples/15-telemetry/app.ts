import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, ConsoleSpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { Agent, AgentFunctionApp, tool } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

// Whatever registers OpenTelemetry will do. This prints each span; an OTLP exporter would send it to a collector.
const spanProcessors = [new SimpleSpanProcessor(new ConsoleSpanExporter())]
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }))

const getWeather = tool({
  name: 'get_weather',
  description: 'Get the weather for a location.',
  parameters: z.object({ location: z.string() }),
  readOnly: true,
  // Spans of your own are found below the tool's.
  execute: ({ location }) =>
    trace.getTracer('weather').startActiveSpan('read thermometer', (span) => {
      span.end()
      return { location, temperature: 72, conditions: 'Sunny' }
    }),
})

const weatherAgent = new Agent({
  name: 'WeatherAgent',
  instructions: 'You are a helpful weather assistant.',
  client: createChatClientFromEnvironment(),
  tools: [getWeather],
})

new AgentFunctionApp({ agents: [weatherAgent] })
