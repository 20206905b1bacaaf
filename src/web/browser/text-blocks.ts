/** A piece of a line. */
export type Span =
  | { readonly kind: 'plain' | 'code' | 'strong'; readonly text: string }
  /** Security: `href` is an http or https address. */
  | { readonly kind: 'link'; readonly text: string; readonly href: string }

/** Text, with its line breaks, or a block of code. */
export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }

/** Splits an answer into text and fenced blocks of code; one that is not closed yet goes to the end. */
export function toBlocks(text: string): readonly Block[] {
  const blocks: Block[] = []
  let lines: string[] = []
  let fence: string | undefined
  const close = (kind: Block['kind']) => {
    const joined = lines.join('\n')
    const content = kind === 'code' ? joined : joined.replace(/^\n+|\n+$/g, '')
    if (kind === 'code' || content.trim() !== '') blocks.push({ kind, text: content })
    lines = []
  }
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [, mark] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? []
    if (fence === undefined && mark !== undefined) {
      close('text')
      fence = mark
    } else if (fence !== undefined && mark?.startsWith(fence) && line.trim() === mark) {
      close('code')
      fence = undefined
    } else lines.push(line)
  }
  close(fence === undefined ? 'text' : 'code')
  return blocks
}

const spanPattern =
  /`([^`\n]+)`|\*\*([^*\n]+)\*\*|\[([^\][\n]+)\]\((https?:\/\/[^\s()<>"]+)\)|(https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]*])/gi

/** Finds in text what stands out: code, strong words and addresses. Everything else is as it is. */
export function toSpans(text: string): readonly Span[] {
  const spans: Span[] = []
  let end = 0
  for (const match of text.matchAll(spanPattern)) {
    const [whole, code, strong, label, target, bare] = match
    if (match.index > end) spans.push({ kind: 'plain', text: text.slice(end, match.index) })
    end = match.index + whole.length
    if (code !== undefined) spans.push({ kind: 'code', text: code })
    else if (strong !== undefined) spans.push({ kind: 'strong', text: strong })
    else spans.push(toLink(label, target ?? bare ?? '', whole))
  }
  if (end < text.length) spans.push({ kind: 'plain', text: text.slice(end) })
  return spans
}

/** Security: a label says where it leads, as what a model writes may say one thing and link to another. */
function toLink(label: string | undefined, target: string, whole: string): Span {
  const url = URL.canParse(target) ? new URL(target) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return { kind: 'plain', text: whole }
  return { kind: 'link', text: label === undefined ? target : `${label} (${url.host})`, href: url.href }
}
