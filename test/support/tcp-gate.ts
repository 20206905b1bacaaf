import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a server of this machine that can be cut off, as a network can. */
export interface TcpGate {
  readonly port: number
  /** Breaks all connections, and every new one. */
  shut(): void
  /** Lets nothing through any more on the present connections, and tells neither side. */
  silence(): void
  open(): void
  /** Lets new connections through to another server of this machine; the present ones stay where they are. */
  redirect(port: number): void
  stop(): Promise<void>
}

/** Opens a gate on a free port to the server on `targetPort`. */
export async function startTcpGate(targetPort: number): Promise<TcpGate> {
  const sockets = new Set<Socket>()
  let isOpen = true
  let target = targetPort
  const hold = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('close', () => sockets.delete(socket)).on('error', () => {})
  }
  const shut = (): void => {
    isOpen = false
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((near) => {
    hold(near)
    if (!isOpen) return near.destroy()
    const far = hold(connect(target, '127.0.0.1'))
    near.pipe(far).on('close', () => near.destroy())
    far.pipe(near).on('close', () => far.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    shut,
    silence() {
      for (const socket of sockets) socket.unpipe().pause()
    },
    open() {
      isOpen = true
    },
    redirect(port) {
      target = port
    },
    async stop() {
      shut()
      server.close()
      await once(server, 'close')
    },
  }
}
