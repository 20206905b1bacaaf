import type { AgentMiddleware } from '../../agent/middleware.js'
import type { ToolContext } from '../../agent/tools/tool-context.js'
import type { ModelCall, Observations } from './observations.js'

/**
 * An agent's middleware with an observer around it. What comes out of middleware is what counts: answers that it takes no
 * notice of are not lost, and a tool that it calls again was executed once.
 */
export function observeMiddleware(
  middleware: readonly AgentMiddleware[],
  calls: readonly ModelCall[],
  observations: Observations,
): readonly AgentMiddleware[] {
  const outermost: AgentMiddleware = {
    ...(middleware.some(({ callModel }) => callModel !== undefined) && observeModel(calls)),
    ...(hasToolLayers(middleware) && observeTools(observations)),
  }
  return Object.keys(outermost).length === 0 ? middleware : [outermost, ...middleware]
}

/** Whether tools are observed around the middleware, and not at the tool itself. */
export function hasToolLayers(middleware: readonly AgentMiddleware[]): boolean {
  return middleware.some(({ callTool }) => callTool !== undefined)
}

function observeModel(calls: readonly ModelCall[]): AgentMiddleware {
  return {
    async callModel(_context, next) {
      const before = calls.length
      const answer = await next()
      const made = calls.slice(before)
      for (const call of made.slice(0, -1)) call.outcome = 'failed'
      for (const call of made.slice(-1)) call.answer = answer.message
      return answer
    },
  }
}

function observeTools(observations: Observations): AgentMiddleware {
  return {
    callTool(context, next) {
      noteExecution(observations, context.tool.name, context)
      return next()
    },
  }
}

/** Notes that a tool is executed. */
export function noteExecution(observations: Observations, tool: string, context: ToolContext): void {
  const { correlationId: run, sessionId: session = '', callId, idempotencyKey, attempt } = context
  observations.executions.push({ run, session, tool, callId, idempotencyKey, attempt })
}
