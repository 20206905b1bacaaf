import { StreamResponse } from '@a2a-js/sdk'
import { RestTransportFactory } from '@a2a-js/sdk/client'

/**
 * The official client's way to speak by HTTP+JSON.
 * Security: of an event that is none it prints all, which may hold keys and prompts; this one only fails.
 */
export class QuietRestFactory extends RestTransportFactory {
  override async create(...where: Parameters<RestTransportFactory['create']>) {
    const transport = await super.create(...where)
    return '_processSseEventData' in transport
      ? Object.assign(transport, { _processSseEventData: parseEvent })
      : transport
  }
}

function parseEvent(data: string): StreamResponse {
  return StreamResponse.fromJSON(JSON.parse(data))
}
