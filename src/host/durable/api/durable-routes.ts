import { toErrorMessage } from '../../../core/errors.js'
import type { ExtensionLog } from '../../host-extension.js'
import { isRequestClosed } from '../../http/request-body.js'
import { type DurableAnswer, DurableRequestError, toErrorAnswer } from './durable-answer.js'
import type { DurableRequest } from './durable-request.js'
import { createEntityRoutes, type EntityRoutesOptions } from './entity-routes.js'
import { createInstanceRoutes } from './instance-routes.js'
import type { InstanceRoutesOptions } from './instance-routes-options.js'

export interface DurableRoutesOptions extends EntityRoutesOptions, InstanceRoutesOptions {
  /** The only hub that there is; requests that name another one are answered all the same. */
  readonly hubName: string
  readonly log: ExtensionLog
}

/** Answers any request of the durable API: for the client library and under `/runtime/webhooks/durabletask/` alike. */
export function createDurableRoutes(options: DurableRoutesOptions) {
  const answerEntities = createEntityRoutes(options)
  const answerInstances = createInstanceRoutes(options)

  async function route(request: DurableRequest): Promise<DurableAnswer | undefined> {
    switch (request.segments[0]?.toLowerCase()) {
      case 'entities':
        return answerEntities(request)
      case 'orchestrators':
      case 'instances':
        return answerInstances(request)
      case 'makeprimary':
        return request.method === 'POST' ? { status: 200 } : undefined
      default:
        return undefined
    }
  }

  const reported = new Set<string>()
  function reportOtherHub(name: string): void {
    if (name.toLowerCase() === options.hubName.toLowerCase() || reported.has(name)) return
    reported.add(name)
    options.log(
      'warning',
      `A request names the task hub '${name}'; this host has '${options.hubName}' alone, and takes that.`,
    )
  }

  return async function answer(request: DurableRequest): Promise<DurableAnswer> {
    reportOtherHub(request.query.get('taskhub') ?? options.hubName)
    try {
      return (await route(request)) ?? { status: 404 }
    } catch (error) {
      if (isRequestClosed(error)) options.log('information', toErrorMessage(error))
      else if (!(error instanceof DurableRequestError)) {
        options.log('error', `${request.method} ${request.segments.join('/')} failed: ${String(error)}`)
      }
      return toErrorAnswer(error)
    }
  }
}
