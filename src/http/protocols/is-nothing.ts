/** Whether a field gives nothing: some clients send an empty list or object all the same. */
export function isNothing(value: unknown): boolean {
  return value == null || (typeof value === 'object' && Object.keys(value).length === 0)
}
