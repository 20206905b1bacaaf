/** A blob as a listing shows it. */
export interface ListedBlob {
  readonly name: string
  readonly etag: string
  /** `BlockBlob`, `AppendBlob` or `PageBlob`. */
  readonly blobType: string
}

/** What is known of a blob besides its content. */
export interface BlobDescription {
  readonly url: string
  readonly metadata: Readonly<Record<string, string>>
  /** The service's properties, by the SDK's names. */
  readonly properties: Readonly<Record<string, unknown>>
}

/** A blob's address in an account. */
export interface BlobAddress {
  readonly container: string
  readonly name: string
}

/** The blobs of a storage account. Every call rejects with `store_unavailable` when the service does not answer. */
export interface BlobStore {
  /** The blobs whose names begin with a prefix, by name; none when the container does not exist. */
  list(container: string, prefix: string): Promise<readonly ListedBlob[]>
  /** Undefined when it does not exist, or not in the version that `etag` asks for. */
  describe(address: BlobAddress, etag?: string): Promise<BlobDescription | undefined>
  /** The content; undefined as with {@link describe}. */
  read(address: BlobAddress, etag?: string): Promise<Uint8Array | undefined>
  /** Writes a block blob in place of what was there, and makes the container when there is none. */
  write(address: BlobAddress, bytes: Uint8Array): Promise<void>
}
