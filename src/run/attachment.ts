/** Something large that belongs to a run, and is kept beside its log instead of in it. */
export interface Attachment {
  /** SHA-256 (hex) of the content. */
  readonly digest: string
  /** Text, such as a data URI. */
  readonly content: string
}

/** Where an attachment is: with which run of the session, under which digest. */
export interface AttachmentPlace {
  readonly run: string
  readonly digest: string
}

/** The URI by which messages of a session refer to an attachment: `attachment:<run>/<digest>`. */
export function toAttachmentUri({ run, digest }: AttachmentPlace): string {
  // JSON first: it has a form for every string, also for those that percent-encoding refuses.
  return `attachment:${encodeURIComponent(JSON.stringify(run))}/${digest}`
}

/** `undefined` for URIs of anything else. */
export function parseAttachmentUri(uri: string): AttachmentPlace | undefined {
  const [, run, digest] = /^attachment:([^/]*)\/([0-9a-f]{64})$/.exec(uri) ?? []
  if (run === undefined || digest === undefined) return undefined
  try {
    return { run: String(JSON.parse(decodeURIComponent(run))), digest }
  } catch {
    return undefined
  }
}
