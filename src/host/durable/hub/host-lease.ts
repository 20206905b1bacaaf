import { randomUUID } from 'node:crypto'
import { toErrorMessage } from '../../../core/errors.js'
import type { HostRow } from './host-table.js'
import type { Claim } from './hub-message.js'
import type { HubParts } from './hub-parts.js'
import { isGone, type ProcessIdentity } from './process-identity.js'

export interface HostLeaseOptions extends HubParts {
  readonly identity: ProcessIdentity
  /** How long the process may be silent before others take over its work. */
  readonly leaseMs: number
}

/** This process as the other processes on the hub see it: a row that it keeps alive and that its claims name. */
export class HostLease {
  readonly #options: HostLeaseOptions
  #id: string = randomUUID()
  #claims = 0
  #peers: readonly HostRow[] = []

  constructor(options: HostLeaseOptions) {
    this.#options = options
  }

  /**
   * A claim on `target` that equals no other claim ever made; it counts once it is written to the hub. Belongs inside a
   * transaction, as a process that was taken for dead must be known again before it claims anything: otherwise
   * nobody would ever take its claims over.
   */
  createClaim(target: string): Claim {
    this.#ensureKnown()
    this.#claims += 1
    return { target, host: this.#id, number: this.#claims }
  }

  /** Makes the process known and takes the work of dead ones back. */
  async start(): Promise<void> {
    const { hub } = this.#options
    await hub.run(() => hub.hosts.add(this.#toRow()))
    await this.removeDeadHosts()
  }

  /**
   * Shows life. A process that was silent for so long that another one has removed it goes on under a new id: the hub
   * no longer holds its claims, so that what it was working on cannot be committed.
   */
  async renew(): Promise<void> {
    const { hub, now, leaseMs } = this.#options
    await hub.run(() => {
      if (!hub.hosts.extend(this.#id, now() + leaseMs)) this.#ensureKnown()
    })
  }

  #ensureKnown(): void {
    const { hub, leaseMs, log } = this.#options
    if (hub.hosts.has(this.#id)) return
    log(
      'warning',
      `This host was silent for longer than its lease of ${leaseMs} ms; others have taken over its work.`,
    )
    this.#id = randomUUID()
    hub.hosts.add(this.#toRow())
  }

  /** Rereads who else is there; due when the hub has changed. */
  refresh(): void {
    this.#peers = this.#options.hub.hosts.list().filter((host) => host.id !== this.#id)
  }

  /** Removes hosts that are dead or silent for too long; true when there were any, so that work may be waiting. */
  async removeDeadHosts(): Promise<boolean> {
    const { hub, identity, log, now } = this.#options
    this.refresh()
    const dead = this.#peers.filter((peer) => this.#isDead(peer, identity.machine))
    if (dead.length === 0) return false
    const removed = await hub.run(() => dead.filter((peer) => hub.hosts.remove(peer, now())))
    for (const peer of removed)
      log('information', `Took over the work of host process ${peer.pid}, which is gone or silent.`)
    this.refresh()
    return removed.length > 0
  }

  /** True when a host known at the last look is dead by now; touches no file of the hub. */
  hasDeadPeers(): boolean {
    return this.#peers.some((peer) => this.#isDead(peer, this.#options.identity.machine))
  }

  /** Gives every claim back; when the disk does not let it, others find out by themselves that the process is gone. */
  async end(): Promise<void> {
    const { hub, log, now } = this.#options
    const leave = () => {
      const own = hub.hosts.list().find((host) => host.id === this.#id)
      if (own !== undefined) hub.hosts.remove(own, now())
    }
    await hub.run(leave).catch((error: unknown) => {
      log('warning', `The task hub does not know that this host ends: ${toErrorMessage(error)}`)
    })
  }

  #isDead(peer: HostRow, machine: string): boolean {
    return peer.expiresAt <= this.#options.now() || isGone(peer, machine)
  }

  #toRow(): HostRow {
    const { identity, now, leaseMs } = this.#options
    return { ...identity, id: this.#id, expiresAt: now() + leaseMs }
  }
}
