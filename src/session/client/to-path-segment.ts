/**
 * A text as a segment of the durable API's paths, into which durable-functions puts ids as they are. Percent signs are encoded
 * twice: the Durable extension decodes once more what still looks encoded after the first time, so that `%41` would mean `A`.
 */
export function toPathSegment(text: string): string {
  return encodeURIComponent(text.replaceAll('%', '%25'))
}
