import { toPlainLine } from '../../core/to-plain-text.js'

/** A piece of a line. */
export type Span =
  | { readonly kind: 'plain' | 'code' | 'strong'; readonly text: string }
  /** Security: `href` is an http or https address. */
  | { readonly kind: 'link'; readonly text: string; readonly href: string }

/** Code ends with as many backticks as it begins with: so it can have some in it (CommonMark, Code spans). Longer than this it is none, so that a line of backticks takes no time to speak of. */
const spanPattern =
  /(?<!`)(`+)(?!`)([^\n]{1,2000}?)(?<!`)\1(?!`)|\*\*([^*\n]+)\*\*|\[([^\][\n]+)\]\((https?:\/\/[^\s()<>"]+)\)|(https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]*])/gi

/** Finds in text what stands out: code, strong words and addresses. Everything else is as it is. */
export function toSpans(text: string): readonly Span[] {
  const spans: Span[] = []
  let end = 0
  for (const match of text.matchAll(spanPattern)) {
    const [whole, , code, strong, label, target, bare] = match
    if (match.index > end) spans.push({ kind: 'plain', text: text.slice(end, match.index) })
    end = match.index + whole.length
    if (code !== undefined) spans.push({ kind: 'code', text: code.replace(/^ (.*\S.*) $/, '$1') })
    else if (strong !== undefined) spans.push({ kind: 'strong', text: strong })
    else spans.push(toLink(label, target ?? bare ?? '', whole))
  }
  if (end < text.length) spans.push({ kind: 'plain', text: text.slice(end) })
  return spans
}

/**
 * Security: a link says where it leads, as what a model writes may say one thing and lead to another: by its label, by
 * letters that look like others, by a name before the host, or by marks that turn the direction of writing.
 */
function toLink(label: string | undefined, target: string, whole: string): Span {
  const url = URL.canParse(target) ? new URL(target) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return { kind: 'plain', text: whole }
  const text = toPlainLine(label ?? target)
  const isHonest = label === undefined && target.toLowerCase().startsWith(url.origin)
  return { kind: 'link', text: isHonest ? text : `${text} (${url.host})`, href: url.href }
}
