import { AccessKey } from './access-key.js'
import { AppClient } from './app-client.js'
import { ChatPage } from './chat-page.js'
import { KeyPrompt } from './key-prompt.js'
import { Outbox } from './outbox.js'
import { findSkeleton } from './skeleton.js'

/** The app's routes begin where the page's own does, whatever prefix they have. */
const url = new URL('.', location.href).href.replace(/\/$/, '')
const key = new AccessKey({ location, history, storage: sessionStorage })
const prompt = new KeyPrompt(key)
const client = new AppClient({ url, key, askForKey: (refused) => prompt.ask(refused) })
const outbox = new Outbox(sessionStorage, url)

void new ChatPage({ skeleton: findSkeleton(), client, outbox }).start()
