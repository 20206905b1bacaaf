import { Agent, request as openRequest } from 'node:http'

/** An answer, read to its end. */
export interface Answer {
  readonly status: number
  readonly text: string
}

/** A client as thin as Node has it, so that what is measured is the server. Connections are kept. */
export interface HttpClient {
  get(url: string): Promise<Answer>
  postJson(url: string, json: string): Promise<Answer>
  close(): void
}

/** Makes a client with connections of its own. */
export function createHttpClient(): HttpClient {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 256, scheduling: 'lifo' })
  return {
    get: (url) => send(agent, 'GET', url),
    postJson: (url, json) => send(agent, 'POST', url, json),
    close: () => agent.destroy(),
  }
}

function send(agent: Agent, method: string, url: string, json?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const body = json === undefined ? undefined : Buffer.from(json)
    const headers = body && { 'content-type': 'application/json', 'content-length': body.byteLength }
    const request = openRequest(url, { agent, method, headers: headers ?? {} }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}
