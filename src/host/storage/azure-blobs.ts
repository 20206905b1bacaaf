import type { BlobServiceClient } from '@azure/storage-blob'
import type { BlobAddress, BlobDescription, BlobStore, ListedBlob } from './blob-store.js'
import type { Emulators } from './emulators.js'
import { openService } from './open-service.js'
import type { StorageConnection } from './storage-connection.js'
import { StorageLink } from './storage-link.js'

export interface AzureBlobsOptions {
  readonly connection: StorageConnection
  readonly emulators: Emulators
}

/** The blobs of Azure Storage or of its emulator. */
export class AzureBlobs implements BlobStore {
  readonly #link: StorageLink<BlobServiceClient>

  constructor({ connection, emulators }: AzureBlobsOptions) {
    const what = 'blob service'
    const open = async () => {
      const { BlobServiceClient } = await import('@azure/storage-blob')
      return openService(BlobServiceClient, connection, 'blob')
    }
    this.#link = new StorageLink({ connection, service: 'blob', what, emulators, open })
  }

  async list(container: string, prefix: string): Promise<readonly ListedBlob[]> {
    const found = await this.#link.find(async (service) => {
      const blobs: ListedBlob[] = []
      for await (const { name, properties } of service
        .getContainerClient(container)
        .listBlobsFlat({ prefix })) {
        blobs.push({ name, etag: properties.etag, blobType: properties.blobType ?? 'BlockBlob' })
      }
      return blobs
    })
    return found ?? []
  }

  async describe({ container, name }: BlobAddress, etag?: string): Promise<BlobDescription | undefined> {
    return this.#link.find(async (service) => {
      const client = service.getContainerClient(container).getBlobClient(name)
      const properties = await client.getProperties({ conditions: toConditions(etag) })
      return { url: client.url, metadata: properties.metadata ?? {}, properties: { ...properties } }
    })
  }

  async read({ container, name }: BlobAddress, etag?: string): Promise<Uint8Array | undefined> {
    return this.#link.find(async (service) => {
      const client = service.getContainerClient(container).getBlobClient(name)
      const { readableStreamBody } = await client.download(0, undefined, { conditions: toConditions(etag) })
      const chunks: Buffer[] = []
      for await (const chunk of readableStreamBody ?? []) chunks.push(Buffer.from(chunk))
      return Buffer.concat(chunks)
    })
  }

  async write({ container, name }: BlobAddress, bytes: Uint8Array): Promise<void> {
    await this.#link.useOrMake(
      (service) => service.getContainerClient(container).getBlockBlobClient(name).uploadData(bytes),
      (service) => service.getContainerClient(container).createIfNotExists(),
    )
  }
}

function toConditions(etag: string | undefined) {
  return etag === undefined ? {} : { ifMatch: etag }
}
