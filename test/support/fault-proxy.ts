import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What becomes of a request: it is answered, it never arrives, or it is carried out but the answer never arrives. */
export type Fate = 'answered' | 'dropped' | 'answer lost'

/** A server in front of the emulated blob service, which can lose things on the way. */
export interface FaultProxy {
  readonly port: number
  /** Every request so far as `<method> <kind> <folder>`, e.g. `PUT appendblock runs` or `GET list open`. */
  readonly calls: string[]
  /** Decides the fate of each request from its line in `calls`. @default all are answered */
  decide: (call: string) => Fate
  /** What a request waits for before it is forwarded, by its line in `calls`. @default nothing */
  hold: (call: string) => Promise<void>
  stop(): Promise<void>
}

/** Starts a proxy on a free port of this machine for the service on `targetPort`. */
export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const server = createServer((incoming, outgoing) => forward(incoming, outgoing))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: FaultProxy = {
    port: (server.address() as AddressInfo).port,
    calls: [],
    decide: () => 'answered',
    hold: async () => {},
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const call = describeCall(incoming)
    proxy.calls.push(call)
    const fate = proxy.decide(call)
    if (fate === 'dropped') {
      incoming.socket.destroy()
      return
    }
    const { method, url, headers } = incoming
    const target = request({ port: targetPort, host: '127.0.0.1', method, path: url, headers }, (answer) => {
      if (fate === 'answer lost') {
        answer.resume().on('end', () => incoming.socket.destroy())
        return
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    target.on('error', () => incoming.socket.destroy())
    proxy.hold(call).then(() => incoming.pipe(target))
  }
  return proxy
}

function describeCall({ method, url = '' }: IncomingMessage): string {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const [, , container = '', folder = 'container'] = pathname.split('/')
  const kind = searchParams.get('comp') ?? searchParams.get('restype') ?? 'blob'
  const listed = searchParams.get('prefix')?.split('/')[0]
  return [method, kind, listed ?? folder].join(' ') + (container === '' ? ' ?' : '')
}
