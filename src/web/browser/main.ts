import { AccessKey } from './access-key.js'
import { AppClient } from './app-client.js'
import { ChatPage } from './chat-page.js'
import { KeyPrompt } from './key-prompt.js'
import { Outbox } from './outbox.js'
import { toAppUrl } from './place.js'
import { findSkeleton } from './skeleton.js'
import { openTabStorage } from './tab-storage.js'

const url = toAppUrl(location.href)
const storage = openTabStorage()
const key = new AccessKey({ location, history, storage })
const prompt = new KeyPrompt(key)
const client = new AppClient({ url, key, askForKey: (refused) => prompt.ask(refused) })
const outbox = new Outbox(storage, url)

void new ChatPage({ skeleton: findSkeleton(), client, outbox }).start()
