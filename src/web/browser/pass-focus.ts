/** Has the focus go on to another element when one that has it is about to be hidden: whoever uses the keyboard would be sent back to the page's beginning. */
export function passFocus(from: HTMLElement, to: HTMLElement): void {
  if (from.contains(document.activeElement)) to.focus({ preventScroll: true })
}
