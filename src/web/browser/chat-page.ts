import type { SessionAddress } from '../../core/session-paths.js'
import type { AppClient } from './app-client.js'
import { Composer } from './composer.js'
import { Conversation } from './conversation.js'
import { createId, createSessionId } from './create-id.js'
import { askToConfirm } from './dialogs.js'
import { createElement } from './elements.js'
import { Inspector } from './inspector.js'
import { Outages } from './outages.js'
import type { Outbox } from './outbox.js'
import { whenShown } from './pause.js'
import { type Place, parsePlace, toHash } from './place.js'
import { ProblemLine } from './problem-line.js'
import { ScheduledList } from './scheduled-list.js'
import { sendMessage } from './send-message.js'
import { SideLists } from './side-lists.js'
import { SideMenu } from './side-menu.js'
import type { Skeleton } from './skeleton.js'
import { findUndoable, noSurface, toSurface } from './surface.js'
import { Transcript } from './transcript.js'
import { canUndo, type Turn, toProgress } from './turns.js'

export interface ChatPageOptions {
  readonly skeleton: Skeleton
  readonly client: AppClient
  readonly outbox: Outbox
}

/** How often to look for what waits for whoever sees the page; ms. */
const lookEveryMs = 60_000

/** The page as a whole: which conversation is shown, and what its buttons do. */
export class ChatPage {
  readonly #options: ChatPageOptions
  readonly #transcript: Transcript
  readonly #composer: Composer
  readonly #side: SideLists
  readonly #scheduled: ScheduledList
  readonly #inspector: Inspector
  readonly #problem: ProblemLine
  readonly #menu: SideMenu
  readonly #outages = new Outages(() => this.#drawSoon())
  readonly #delivery = this.#outages.create('delivery')
  #surface = noSurface
  #agent = ''
  #conversation: Conversation | undefined
  #shown = new AbortController()
  #isDrawing = false
  #isSendWanted = false
  /** How far the turns had come when the list of sessions was read. */
  #progress = toProgress([])

  constructor(options: ChatPageOptions) {
    this.#options = options
    const { skeleton } = options
    this.#problem = new ProblemLine(skeleton)
    this.#menu = new SideMenu(skeleton)
    const onProblem = (error: unknown) => this.#problem.show(error)
    this.#transcript = new Transcript({
      ...skeleton,
      list: skeleton.turns,
      decide: async (approvalId, verdict) => this.#conversation?.decide(approvalId, verdict),
      inspect: (key) => this.#inspect(key),
      sayAnew: (key, message) => this.#sayAnew(key, message),
      canUndo: (turn) =>
        canUndo(this.#conversation?.turns ?? [], turn, findUndoable(this.#surface.agents, this.#agent)),
      undo: (key) => {
        this.#conversation?.undo(key)
        this.#showSent()
      },
      readOlder: async () => this.#conversation?.readOlder(),
    })
    this.#composer = new Composer({
      form: skeleton.composer,
      text: skeleton.message,
      stop: skeleton.stop,
      onSend: (message) => this.#send(message),
      onStop: () => void this.#conversation?.cancel(),
    })
    this.#side = new SideLists({
      ...options,
      outages: this.#outages,
      problem: this.#problem,
      readSurface: () => this.#surface,
    })
    this.#scheduled = new ScheduledList(skeleton.scheduled, (run) => void this.#conversation?.unschedule(run))
    this.#inspector = new Inspector({ ...skeleton, onProblem })
    this.#listen()
  }

  /** Shows what the address names, else a new conversation with the first agent. */
  async start(): Promise<void> {
    const place = parsePlace(location.hash)
    this.#open(place)
    void this.#sendLeft(place)
    await this.#readAgents()
    void this.#lookAround()
    // Before it stands a long list; whoever is somewhere already stays there.
    if (document.activeElement === document.body) this.#composer.focus()
  }

  /** Sends what an earlier page could not, to conversations that are not shown. */
  async #sendLeft(shown: Place | undefined): Promise<void> {
    for (const unsent of this.#options.outbox.except(shown)) {
      await this.#problem.watch(() => sendMessage(unsent, { ...this.#options, delivery: this.#delivery }))
      await this.#readLists()
    }
  }

  async #readAgents(): Promise<void> {
    const { agents } = this.#options.skeleton
    const found = await this.#problem.watch(() =>
      this.#delivery.outlast(() => this.#options.client.readAgents()),
    )
    if (found === undefined) return
    this.#surface = toSurface(found)
    const names = this.#surface.agents.map(({ name }) => name)
    agents.replaceChildren(...names.map((name) => createElement('option', { value: name }, name)))
    const [first] = names
    if (this.#agent === '' && first !== undefined) this.#open({ agent: first, session: undefined })
    agents.value = this.#agent
    this.#drawSoon()
    if (this.#isSendWanted) this.#composer.send()
    if (first === undefined) this.#problem.show('This app has no agents that can be talked to here.')
  }

  #listen(): void {
    const { agents, fresh, reset, remove } = this.#options.skeleton
    agents.addEventListener('change', () => this.#goTo({ agent: agents.value, session: undefined }))
    fresh.addEventListener('click', () => {
      this.#goTo({ agent: this.#agent, session: undefined })
      this.#composer.focus()
    })
    reset.addEventListener('click', () => void this.#reset())
    remove.addEventListener('click', () => void this.#remove())
    addEventListener('hashchange', () => this.#open(parsePlace(location.hash)))
    addEventListener('focus', () => void this.#refresh())
    setInterval(() => void this.#lookAround(), lookEveryMs)
  }

  #goTo(place: Place): void {
    if (toHash(place) === location.hash) this.#open(place)
    else location.hash = toHash(place)
  }

  /** Shows a place; a new conversation with the same agent when none is named. */
  #open(place: Place = { agent: this.#agent, session: undefined }): void {
    if (place.agent === '') return
    const { skeleton } = this.#options
    this.#leave()
    this.#agent = place.agent
    this.#progress = toProgress([])
    skeleton.agents.value = place.agent
    this.#menu.hide()
    if (place.session !== undefined) {
      this.#conversation = this.#createConversation({ agent: place.agent, session: place.session })
      void this.#conversation.open()
    }
    this.#draw()
    this.#transcript.scrollToEnd()
    void this.#side.showSessions(place)
  }

  #leave(): void {
    this.#shown.abort()
    this.#shown = new AbortController()
    this.#conversation = undefined
    this.#inspector.close()
    this.#problem.clear()
  }

  #createConversation(address: SessionAddress): Conversation {
    const { signal } = this.#shown
    return new Conversation({
      ...this.#options,
      address,
      delivery: this.#delivery,
      outage: this.#outages.create('conversation', signal),
      signal,
      whenShown,
      createId,
      onChange: () => this.#drawSoon(),
      onProblem: (error) => this.#problem.show(error),
    })
  }

  /** False while it is not known which agent is meant: it is sent when it is. */
  #send(message: string): boolean {
    this.#isSendWanted = this.#agent === ''
    if (this.#isSendWanted) return false
    this.#problem.clear()
    if (this.#conversation === undefined) {
      const place = { agent: this.#agent, session: createSessionId(new Date()) }
      this.#conversation = this.#createConversation(place)
      // No entry for the empty conversation in the browser's history, and no event that opens it anew.
      history.replaceState(null, '', toHash(place))
    }
    this.#conversation.send(message)
    this.#showSent()
    return true
  }

  #sayAnew(key: string, message: string): void {
    this.#problem.clear()
    // Who writes goes on writing.
    if (document.activeElement instanceof HTMLTextAreaElement) this.#composer.focus()
    this.#conversation?.send(message, key)
    this.#showSent()
  }

  #showSent(): void {
    this.#draw()
    this.#transcript.scrollToEnd()
  }

  async #reset(): Promise<void> {
    const conversation = this.#conversation
    const question = 'Forget all that was said in this conversation? It cannot be undone.'
    if (conversation === undefined || !(await askToConfirm(question, 'Reset'))) return
    this.#inspector.close()
    await conversation.reset()
  }

  async #remove(): Promise<void> {
    const address = this.#conversation?.address
    const question = 'Delete this conversation with all of its runs? It cannot be undone.'
    if (address === undefined || !(await askToConfirm(question, 'Delete'))) return
    const { client, outbox } = this.#options
    await this.#problem.watch(async () => {
      await this.#delivery.outlast(() => client.deleteSession(address))
      outbox.clear(address)
      if (this.#conversation?.address !== address) return
      this.#goTo({ agent: address.agent, session: undefined })
      this.#composer.focus()
    })
  }

  async #refresh(): Promise<void> {
    if (this.#outages.isAway) return
    this.#problem.forgetPutOff()
    const lists = this.#readLists().then(() => this.#side.refreshQuestions())
    await Promise.all([this.#conversation?.refresh(), lists])
  }

  /** The agents too, when they could not be read: without a key, which may have come since. */
  async #readLists(): Promise<void> {
    if (this.#options.skeleton.agents.length === 0) await this.#readAgents()
    if (this.#agent === '') return
    await this.#side.refresh({ agent: this.#agent, session: this.#conversation?.address.session })
  }

  async #lookAround(): Promise<void> {
    const isSeen = document.visibilityState === 'visible' && this.#surface !== noSurface
    if (isSeen && !this.#outages.isAway) await this.#side.lookAround()
  }

  #inspect(key: string): void {
    const conversation = this.#conversation
    const turn = conversation?.turns.find((one) => one.key === key)
    if (conversation === undefined || turn === undefined) return
    this.#inspector.open(turn, (run, signal) => conversation.readRecords(run, signal))
  }

  /** At most once for each picture that the screen shows: events come faster. */
  #drawSoon(): void {
    if (this.#isDrawing) return
    this.#isDrawing = true
    requestAnimationFrame(() => {
      this.#isDrawing = false
      this.#draw()
    })
  }

  #draw(): void {
    const { title, connection, reset, remove } = this.#options.skeleton
    const { turns = [], hasOlder = false, current, address } = this.#conversation ?? {}
    // First, as the transcript keeps to the end of all that is shown.
    this.#scheduled.show(this.#conversation?.scheduled)
    this.#transcript.show(turns, hasOlder)
    this.#composer.setBusy(current !== undefined)
    const state = this.#outages.isAway ? 'Reconnecting …' : ''
    if (connection.textContent !== state) connection.textContent = state
    title.textContent = address?.session ?? 'New conversation'
    document.title = `${address?.session ?? 'New conversation'} · ${this.#agent}`
    reset.disabled = address === undefined
    remove.disabled = address === undefined
    this.#inspector.update(turns)
    this.#noteProgress(turns)
  }

  /** The list of sessions changes its order with each run that begins or ends. */
  #noteProgress(turns: readonly Turn[]): void {
    const progress = toProgress(turns)
    if (progress === this.#progress || this.#conversation === undefined) return
    this.#progress = progress
    void this.#readLists()
  }
}
