import { findElement } from './elements.js'

/** The parts of the page that are always there, as its HTML has them. */
export function findSkeleton() {
  return {
    app: findElement('app', HTMLElement),
    side: findElement('side', HTMLElement),
    menu: findElement('menu', HTMLButtonElement),
    agents: findElement('agents', HTMLSelectElement),
    fresh: findElement('fresh', HTMLButtonElement),
    waiting: findElement('waiting', HTMLButtonElement),
    balance: findElement('balance', HTMLElement),
    sessions: findElement('sessions', HTMLElement),
    moreSessions: findElement('more-sessions', HTMLButtonElement),
    title: findElement('title', HTMLElement),
    connection: findElement('connection', HTMLElement),
    reset: findElement('reset', HTMLButtonElement),
    remove: findElement('remove', HTMLButtonElement),
    problem: findElement('problem', HTMLElement),
    problemText: findElement('problem-text', HTMLElement),
    dismiss: findElement('dismiss', HTMLButtonElement),
    scroller: findElement('scroller', HTMLElement),
    older: findElement('older', HTMLButtonElement),
    turns: findElement('turns', HTMLElement),
    scheduled: findElement('scheduled', HTMLElement),
    toEnd: findElement('to-end', HTMLButtonElement),
    composer: findElement('composer', HTMLFormElement),
    message: findElement('message', HTMLTextAreaElement),
    stop: findElement('stop', HTMLButtonElement),
    inspector: findElement('inspector', HTMLElement),
    inspectorTitle: findElement('inspector-title', HTMLElement),
    events: findElement('events', HTMLElement),
    deltas: findElement('deltas', HTMLInputElement),
    closeInspector: findElement('close-inspector', HTMLButtonElement),
    inbox: findElement('inbox', HTMLDialogElement),
    approvals: findElement('approvals', HTMLElement),
    closeInbox: findElement('close-inbox', HTMLButtonElement),
  }
}

/** These parts by their names. */
export type Skeleton = ReturnType<typeof findSkeleton>
