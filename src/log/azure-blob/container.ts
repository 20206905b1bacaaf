import type { ContainerClient, ContainerListBlobFlatSegmentResponse } from '@azure/storage-blob'
import { type AzureBlobConnection, openContainer, parseContainerName, parseHost } from './connection.js'
import { isTimeout, toStorageFailure, toStoreError } from './errors.js'
import type { Metadata } from './metadata.js'

export interface BlobItem {
  readonly name: string
  readonly metadata: Metadata
  readonly etag: string
}

export interface BlobContent {
  /** From the offset that was asked for to the end. */
  readonly bytes: Buffer
  readonly etag: string
  readonly metadata: Metadata
  /** How many blocks an append blob has. */
  readonly blocks: number
}

export interface Appended {
  readonly etag: string
  readonly blocks: number
}

/** Which version of a blob a call means; without `ifMatch` any. */
export interface ExpectedBlob {
  readonly ifMatch?: string | undefined
}

export interface AzureBlobContainerOptions {
  readonly name: string
  /** How long a request is waited for, its retries and its body included, before it is sent once more. */
  readonly requestTimeoutMs: number
}

/** The few calls of the blob service that the run log is made of, each one request. @throws {AgentError} `store_unavailable` from all of them. */
export class AzureBlobContainer {
  readonly host: string
  readonly #connection: AzureBlobConnection
  readonly #name: string
  readonly #requestTimeoutMs: number
  #ready: Promise<ContainerClient> | undefined

  /** @throws {AgentError} `invalid_configuration` when the connection or the name cannot be one. */
  constructor(connection: AzureBlobConnection, { name, requestTimeoutMs }: AzureBlobContainerOptions) {
    this.host = parseHost(connection)
    this.#connection = connection
    this.#name = parseContainerName(name)
    this.#requestTimeoutMs = requestTimeoutMs
  }

  /** Put Blob (append blob, empty), unless there is one: its ETag, or `undefined`. */
  async createAppendBlob(name: string, metadata: Metadata): Promise<string | undefined> {
    const created = await this.#call({ 409: 'exists', 412: 'exists' }, async (container, abortSignal) => {
      const settings = { metadata, conditions: { ifNoneMatch: '*' }, abortSignal }
      const { etag } = await container.getAppendBlobClient(name).create(settings)
      return { etag: toEtag(etag) }
    })
    return typeof created === 'string' ? undefined : created.etag
  }

  /** Append Block, if the blob ends at `position` and, where `ifMatch` is given, is that version. */
  appendBlock(
    name: string,
    body: Buffer,
    { position, ifMatch }: ExpectedBlob & { readonly position: number },
  ): Promise<Appended | 'conflict' | 'missing'> {
    return this.#call({ 404: 'missing', 412: 'conflict' }, async (container, abortSignal) => {
      const conditions = { appendPosition: position, ...(ifMatch === undefined ? {} : { ifMatch }) }
      const blob = container.getAppendBlobClient(name)
      const appended = await blob.appendBlock(body, body.length, { conditions, abortSignal })
      return { etag: toEtag(appended.etag), blocks: appended.blobCommittedBlockCount ?? 0 }
    })
  }

  /** Put Blob (block blob), unless there is one (`ifMatch` absent), or if it is that version: its ETag, or `undefined`. */
  async put(
    name: string,
    text: string,
    metadata: Metadata,
    { ifMatch }: ExpectedBlob = {},
  ): Promise<string | undefined> {
    const put = await this.#call({ 404: 'not', 409: 'not', 412: 'not' }, async (container, abortSignal) => {
      const conditions = ifMatch === undefined ? { ifNoneMatch: '*' } : { ifMatch }
      const blob = container.getBlockBlobClient(name)
      const settings = { metadata, conditions, abortSignal }
      const { etag } = await blob.upload(text, Buffer.byteLength(text), settings)
      return { etag: toEtag(etag) }
    })
    return typeof put === 'string' ? undefined : put.etag
  }

  /** Put Blob (block blob), whatever was there. */
  async replace(name: string, text: string, metadata: Metadata): Promise<void> {
    await this.#call({}, async (container, abortSignal) => {
      const blob = container.getBlockBlobClient(name)
      await blob.upload(text, Buffer.byteLength(text), { metadata, abortSignal })
    })
  }

  /** Get Blob from `offset` on; transfers nothing when the blob still has this ETag. `short`: it ends before or at the offset. */
  read(name: string, offset = 0, etag?: string): Promise<BlobContent | 'unchanged' | 'missing' | 'short'> {
    const answers = { 304: 'unchanged', 404: 'missing', 416: 'short' } as const
    return this.#call(answers, async (container, abortSignal) => {
      const conditions = etag === undefined ? {} : { ifNoneMatch: etag }
      const settings = { conditions, abortSignal }
      const blob = await container.getBlobClient(name).download(offset, undefined, settings)
      const chunks: Uint8Array[] = []
      for await (const chunk of blob.readableStreamBody ?? []) chunks.push(Buffer.from(chunk))
      const { metadata = {}, blobCommittedBlockCount: blocks = 0 } = blob
      return { bytes: Buffer.concat(chunks), etag: toEtag(blob.etag), metadata, blocks }
    })
  }

  /** Get Blob Properties; `undefined` when there is none. `lastModified` is ms since 1970, whole seconds. */
  async properties(
    name: string,
  ): Promise<
    { readonly etag: string; readonly metadata: Metadata; readonly lastModified: number } | undefined
  > {
    const found = await this.#call({ 404: 'missing' }, async (container, abortSignal) => {
      const properties = await container.getBlobClient(name).getProperties({ abortSignal })
      const { etag, metadata = {}, lastModified } = properties
      return { etag: toEtag(etag), metadata, lastModified: lastModified?.getTime() ?? 0 }
    })
    return typeof found === 'string' ? undefined : found
  }

  /** Set Blob Metadata; false when the blob is not there, or not that version. */
  async setMetadata(name: string, metadata: Metadata, { ifMatch }: ExpectedBlob = {}): Promise<boolean> {
    const set = await this.#call({ 404: 'not', 412: 'not' }, async (container, abortSignal) => {
      const conditions = ifMatch === undefined ? {} : { ifMatch }
      await container.getBlobClient(name).setMetadata(metadata, { conditions, abortSignal })
    })
    return set === undefined
  }

  /** Delete Blob; false when it is there, but not that version. */
  async remove(name: string, { ifMatch }: ExpectedBlob = {}): Promise<boolean> {
    const removed = await this.#call({ 404: 'gone', 412: 'other' }, async (container, abortSignal) => {
      const conditions = ifMatch === undefined ? {} : { ifMatch }
      const settings = { conditions, deleteSnapshots: 'include', abortSignal } as const
      await container.getBlobClient(name).delete(settings)
    })
    return removed !== 'other'
  }

  /** List Blobs by name, a page of at most `pageSize` (5,000 at most) per request. */
  async *list(prefix: string, pageSize = 5_000): AsyncGenerator<readonly BlobItem[]> {
    let continuationToken: string | undefined
    do {
      const page = await this.#call({}, async (container, abortSignal) => {
        const settings = continuationToken === undefined ? {} : { continuationToken }
        const blobs = container.listBlobsFlat({ prefix, includeMetadata: true, abortSignal })
        return toPage(await blobs.byPage({ maxPageSize: pageSize, ...settings }).next())
      })
      yield page.items
      continuationToken = page.continuationToken
    } while (continuationToken !== undefined)
  }

  /** `answers`: outcomes that are no failures, by HTTP status. */
  async #call<Result, const Answer extends string = never>(
    answers: Readonly<Record<number, Answer>>,
    work: (container: ContainerClient, limit: AbortSignal) => Promise<Result>,
  ): Promise<Result | Answer> {
    try {
      return await this.#inTime(async (limit) => work(await this.#open(), limit))
    } catch (error) {
      const { statusCode = 0, code } = toStorageFailure(error)
      const answer = answers[statusCode]
      if (answer !== undefined && code !== 'ContainerNotFound' && code !== 'ContainerBeingDeleted')
        return answer
      // Another try may find the container made again, or the network back.
      this.#ready = undefined
      throw toStoreError(error, this.host)
    }
  }

  /** Tries once more, on another connection: one that broke without a word would be waited on for a quarter of an hour. */
  async #inTime<Result>(work: (limit: AbortSignal) => Promise<Result>): Promise<Result> {
    try {
      return await work(AbortSignal.timeout(this.#requestTimeoutMs))
    } catch (error) {
      if (!isTimeout(error)) throw error
      return work(AbortSignal.timeout(this.#requestTimeoutMs))
    }
  }

  #open(): Promise<ContainerClient> {
    this.#ready ??= this.#create()
    return this.#ready
  }

  async #create(): Promise<ContainerClient> {
    const container = await openContainer(this.#connection, this.#name)
    await this.#inTime((abortSignal) => container.createIfNotExists({ abortSignal }))
    return container
  }
}

function toPage({ value }: { readonly value?: ContainerListBlobFlatSegmentResponse }) {
  const items = value?.segment.blobItems ?? []
  return {
    items: items.map(
      ({ name, metadata = {}, properties: { etag } }): BlobItem => ({ name, metadata, etag: toEtag(etag) }),
    ),
    continuationToken: value?.continuationToken || undefined,
  }
}

/** Listings give ETags without the quotes that conditions need. */
function toEtag(etag: string | undefined): string {
  if (etag === undefined) return ''
  return etag.startsWith('"') || etag.startsWith('W/') ? etag : `"${etag}"`
}
