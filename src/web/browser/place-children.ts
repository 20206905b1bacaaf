/** Makes these the children of an element, moving only those that stand elsewhere. What has the focus keeps it. */
export function placeChildren(parent: HTMLElement, nodes: readonly HTMLElement[]): void {
  const focused = document.activeElement
  const wanted = new Set<Element>(nodes)
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove()
  nodes.forEach((node, index) => {
    const place = parent.children[index] ?? null
    if (place !== node) parent.insertBefore(node, place)
  })
  if (focused instanceof HTMLElement && focused !== document.activeElement)
    focused.focus({ preventScroll: true })
}
