/** Where a run stands among workflows that are nested in each other, as those see it who answer at the outermost one. */
export interface WorkflowPlace {
  /** The outermost workflow. */
  readonly workflow: string
  /** Its run. */
  readonly instanceId: string
  /** What precedes the names of this run's nodes: empty, or `<node>/` for each level. */
  readonly path: string
  /** What precedes the ids of this run's requests: empty, or `<node>~<ordinal>~` for each level. */
  readonly requestPrefix: string
}

/** The place of what the message `ordinal` of a node has begun. */
export function enterPlace<Place extends Pick<WorkflowPlace, 'path' | 'requestPrefix'>>(
  place: Place,
  node: string,
  ordinal: number,
): Place {
  const { path, requestPrefix } = place
  return { ...place, path: `${path}${node}/`, requestPrefix: `${requestPrefix}${node}~${ordinal}~` }
}
