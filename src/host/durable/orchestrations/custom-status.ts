const mostKilobytes = 16

/** Why a custom status, JSON text, is refused; `undefined` when it is not. As in Azure Storage (local-host-spec C.3). */
export function checkCustomStatus(customStatus: string | undefined): string | undefined {
  const kilobytes = ((customStatus?.length ?? 0) * 2) / 1024
  if (kilobytes <= mostKilobytes) return undefined
  return `The UTF-16 size of the JSON-serialized payload must not exceed ${mostKilobytes} KB. The current payload size is ${Math.ceil(kilobytes)} KB.`
}
