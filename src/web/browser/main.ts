import { AccessKey } from './access-key.js'
import { AppClient } from './app-client.js'
import { ChatPage } from './chat-page.js'
import { KeyPrompt } from './key-prompt.js'
import { Outbox } from './outbox.js'
import { toAppUrl } from './place.js'
import { findSkeleton } from './skeleton.js'

const url = toAppUrl(location.href)
const key = new AccessKey({ location, history, storage: sessionStorage })
const prompt = new KeyPrompt(key)
const client = new AppClient({ url, key, askForKey: (refused) => prompt.ask(refused) })
const outbox = new Outbox(sessionStorage, url)

void new ChatPage({ skeleton: findSkeleton(), client, outbox }).start()
