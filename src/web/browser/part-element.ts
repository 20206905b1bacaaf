import type { RunPart } from './run-view.js'

/** A part of a run on the page. */
export interface PartElement<Part extends RunPart = RunPart> {
  readonly node: HTMLElement
  /** Shows what the part has become. */
  update(part: Part): void
}
