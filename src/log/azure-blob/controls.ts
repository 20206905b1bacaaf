import { randomUUID } from 'node:crypto'
import { type ControlRecord, toControlId } from '../../run/control.js'
import type { RunKey } from '../../run/run-log.js'
import type { AzureBlobContainer } from './container.js'
import { toKeyMetadata } from './metadata.js'
import { toControlsName } from './names.js'

interface FiledControl {
  /** Tells a wish whose answer was lost from an equal one of somebody else. */
  readonly token: string
  readonly record: ControlRecord
}

/** The wishes about a run as they were read. */
export interface ControlList {
  readonly records: readonly ControlRecord[]
  readonly etag: string | undefined
}

/** The wishes about runs: one small blob with a JSON array per run that has any, replaced only by whoever saw its last version. */
export class AzureBlobControls {
  readonly #container: AzureBlobContainer

  constructor(container: AzureBlobContainer) {
    this.#container = container
  }

  /** Files a wish; false when one of its name is there. Two calls. */
  async file(key: RunKey, record: ControlRecord): Promise<boolean> {
    const mine: FiledControl = { token: randomUUID(), record }
    const id = toControlId(record)
    for (;;) {
      const { filed, etag } = await this.#read(key)
      const same = filed.find((known) => toControlId(known.record) === id)
      if (same !== undefined) return same.token === mine.token
      const text = JSON.stringify([...filed, mine])
      const metadata = toKeyMetadata(key)
      const put = await this.#container.put(toControlsName(key), text, metadata, { ifMatch: etag })
      if (put !== undefined) return true
    }
  }

  /** Deletes all wishes about a run. */
  async forget(key: RunKey): Promise<void> {
    await this.#container.remove(toControlsName(key))
  }

  /** The wishes in the order they were filed. */
  async read(key: RunKey): Promise<ControlList> {
    const { filed, etag } = await this.#read(key)
    return { records: filed.map(({ record }) => record), etag }
  }

  /** The wishes if there are others than in `known`; transfers nothing when there are not. */
  async readNews(key: RunKey, known: ControlList): Promise<ControlList | undefined> {
    const read = await this.#container.read(toControlsName(key), 0, known.etag)
    if (typeof read === 'string') return undefined
    return { records: parseControls(read.bytes).map(({ record }) => record), etag: read.etag }
  }

  async #read(key: RunKey): Promise<{ readonly filed: readonly FiledControl[]; readonly etag?: string }> {
    const read = await this.#container.read(toControlsName(key))
    return typeof read === 'string' ? { filed: [] } : { filed: parseControls(read.bytes), etag: read.etag }
  }
}

function parseControls(bytes: Buffer): readonly FiledControl[] {
  return JSON.parse(bytes.toString())
}
