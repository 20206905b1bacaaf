import type { BindingContext, BindingInfo, TypedData } from '../functions.js'
import type { Settings } from '../settings/setting-names.js'
import { isObject } from '../unchecked-object.js'
import { AzureBlobs } from './azure-blobs.js'
import { toBlobBytes, toBlobReference } from './blob-message.js'
import { parseBlobAddress } from './blob-path.js'
import type { BlobAddress } from './blob-store.js'
import type { Emulators } from './emulators.js'
import { readStorageConnection } from './storage-connection.js'

/** Reads and writes the blobs that inputs and outputs name. */
export interface BlobValues {
  /** The content as bytes, or a reference for an SDK client; undefined when there is no such blob. Rejects when it cannot be read. */
  read(binding: BindingInfo, context: BindingContext): Promise<TypedData | undefined>
  write(binding: BindingInfo, data: TypedData, context: BindingContext): Promise<void>
}

/** Blobs at the addresses that bindings' `path` gives when its expressions are resolved; clients are made when first used. */
export function createBlobValues(appSettings: Settings, emulators: Emulators): BlobValues {
  const stores = new Map<string, AzureBlobs>()

  function open({ connection: name }: BindingInfo) {
    const connection = readStorageConnection(appSettings, name)
    const { setting } = connection
    const blobs = stores.get(setting) ?? new AzureBlobs({ connection, emulators })
    stores.set(setting, blobs)
    return { blobs, setting }
  }

  return {
    read: async (binding, context) => {
      const { blobs, setting } = open(binding)
      const address = resolveAddress(binding, context)
      if (wantsClient(binding)) return toBlobReference(setting, address)
      const bytes = await blobs.read(address)
      return bytes && { bytes }
    },
    write: (binding, data, context) => {
      const { blobs } = open(binding)
      return blobs.write(resolveAddress(binding, context), toBlobBytes(data))
    },
  }
}

/** Whether the app asks for an SDK client instead of the content (`sdkBinding`). */
export function wantsClient({ properties }: BindingInfo): boolean {
  return isObject(properties) && properties.supportsDeferredBinding === 'true'
}

function resolveAddress({ path }: BindingInfo, context: BindingContext): BlobAddress {
  return parseBlobAddress(context.resolve(String(path)))
}
