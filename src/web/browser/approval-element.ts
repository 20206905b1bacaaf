import { isJsonObject, type JsonObject, parseJson } from '../../core/json.js'
import { longestReason } from '../../core/longest-reason.js'
import { toPlainLine, toPlainText } from '../../core/to-plain-text.js'
import type { Verdict } from './conversation-client.js'
import { createButton, createElement } from './elements.js'
import { toEditedJson, toShownJson } from './json-text.js'
import type { PartElement } from './part-element.js'
import { passFocus } from './pass-focus.js'
import { toErrorText } from './request-error.js'
import type { ApprovalPart } from './run-view.js'
import { toLocalTime } from './to-local-time.js'

/** Takes a decision. @throws what to tell whoever took it. */
export type Decide = (approvalId: string, verdict: Verdict) => Promise<void>

export interface Deciding {
  readonly decide: Decide
  /** What may be decided. @default both */
  readonly rights?: readonly string[]
}

/** A tool call that waits for a human: what would be done, and the buttons that decide it; a line when it is decided. */
export function createApprovalElement(part: ApprovalPart, deciding: Deciding): PartElement<ApprovalPart> {
  const label = `Approval of ${toPlainLine(part.name)}`
  const node = createElement('section', { class: 'approval', 'aria-label': label, tabindex: '-1' })
  const update = (next: ApprovalPart) => {
    const isDecided = next.decision !== undefined
    node.classList.toggle('decided', isDecided)
    passFocus(node, node)
    node.replaceChildren(...(isDecided ? toOutcome(next) : toQuestion(next, deciding, node)))
  }
  update(part)
  return { node, update }
}

const verdicts: ReadonlyMap<string, string> = new Map([
  ['approve', 'Approved'],
  ['reject', 'Rejected'],
])

function toOutcome({ name, decision, by, reason }: ApprovalPart): readonly Node[] {
  const verdict = verdicts.get(decision ?? '') ?? 'Not decided'
  const who = by === undefined ? '' : ` by ${by}`
  const why = reason === undefined ? '' : `: ${reason}`
  return [createElement('p', {}, toPlainText(`${verdict}${who}, ${name}${why}`))]
}

function toQuestion(
  part: ApprovalPart,
  { decide, rights = ['approve', 'reject'] }: Deciding,
  section: HTMLElement,
): readonly Node[] {
  const problem = createElement('p', { class: 'problem', role: 'alert' })
  const reason = createElement('input', {
    type: 'text',
    dir: 'auto',
    placeholder: 'Reason, told to the model when rejected',
  })
  reason.setAttribute('aria-label', 'Reason')
  reason.maxLength = longestReason
  const args = createArguments(part)
  const settle = async (decision: Verdict['decision']) => {
    problem.textContent = ''
    const pressed = document.activeElement
    // The buttons go; the section stays, and says what became of it.
    passFocus(buttons, section)
    setDisabled(true)
    try {
      const edited = decision === 'approve' ? args.readEdited() : undefined
      await decide(part.approvalId, { decision, reason: reason.value.trim() || undefined, arguments: edited })
    } catch (error) {
      problem.textContent = toErrorText(error)
      setDisabled(false)
      if (pressed instanceof HTMLElement && document.activeElement === section) pressed.focus()
    }
  }
  const approve = createButton('Approve', () => void settle('approve'), { class: 'primary' })
  const reject = createButton('Reject', () => void settle('reject'))
  const edit = createButton('Edit arguments', () => args.edit())
  const allowed = [
    ...(rights.includes('approve') ? [approve] : []),
    ...(rights.includes('reject') ? [reject] : []),
    ...(rights.includes('approve') && part.isEditable ? [edit] : []),
  ]
  const setDisabled = (isDisabled: boolean) => {
    for (const button of allowed) button.disabled = isDisabled
  }
  const title = createElement('h3', {}, 'Approve ', createElement('code', {}, toPlainLine(part.name)), '?')
  const buttons = createElement('div', { class: 'buttons' }, ...allowed)
  return [title, ...toWarnings(part), args.node, reason, buttons, problem]
}

function toWarnings({ warnings, expiresAt }: ApprovalPart): readonly Node[] {
  const expiry = `Without a decision it counts as rejected from ${toLocalTime(expiresAt)} on.`
  return [
    ...warnings.map((warning) => createElement('p', { class: 'warning' }, warning)),
    ...(expiresAt === undefined ? [] : [createElement('p', {}, expiry)]),
  ]
}

/** The arguments as they are, or while they are being edited. */
function createArguments({ arguments: args }: ApprovalPart) {
  const shown = createElement('pre', { class: 'code' }, toShownJson(args))
  const node = createElement('div', {}, shown)
  const editor = createElement('textarea', { class: 'code', spellcheck: 'false', rows: '6' })
  editor.setAttribute('aria-label', 'Arguments')
  return {
    node,
    edit() {
      if (editor.isConnected) return
      editor.value = toEditedJson(args)
      shown.replaceWith(editor)
      editor.focus()
    },
    /** `undefined` when they were not edited. @throws {Error} when they are no object */
    readEdited(): JsonObject | undefined {
      if (!editor.isConnected) return undefined
      const edited = parseJson(editor.value)
      if (isJsonObject(edited)) return edited
      throw new Error('The arguments must be a JSON object.')
    },
  }
}
