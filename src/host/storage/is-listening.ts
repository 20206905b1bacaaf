import { connect } from 'node:net'
import type { EmulatorAddress } from './storage-connection.js'

/** Whether something takes connections at an address of this machine. */
export function isListening({ host, port }: EmulatorAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const settle = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1_000, () => settle(false))
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}
