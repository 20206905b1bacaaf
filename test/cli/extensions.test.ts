import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createExtensions } from '../../src/cli/extensions.js'
import { AppKeys } from '../../src/host/keys/app-keys.js'
import { createLog } from '../../src/host/log.js'
import { toHostJson } from '../../src/host/settings/host-json.js'
import { createTempFolder } from '../support/temp-folder.js'

const dataDir = createTempFolder(afterAll)

/** The names of the extensions that an app with these bindings gets. */
async function list(...types: readonly string[]): Promise<readonly string[]> {
  const context = {
    root: dataDir,
    hostJson: toHostJson({ version: '2.0' }, {}),
    hostName: 'localhost:7071',
    log: createLog({ sink: () => {} }),
    bindingTypes: new Set(types.map((type) => type.toLowerCase())),
  }
  const keys = new AppKeys(join(dataDir, 'secrets'))
  const extensions = await createExtensions(context, { dataDir, leaseMs: 5000, keys, enableAuth: false })
  await Promise.all(extensions.map((extension) => extension.close?.()))
  return extensions.map(({ name }) => name)
}

test('an app has the extensions that its functions need', async () => {
  const always = ['durabletask', 'timers']
  expect(await list('httpTrigger', 'http', 'entityTrigger')).toEqual(always)
  for (const type of ['queueTrigger', 'queue', 'blobTrigger', 'blob']) {
    expect(await list(type)).toEqual([...always, 'queues', 'blobs'])
  }
  for (const type of ['mcpToolTrigger', 'mcpResourceTrigger', 'mcpPromptTrigger']) {
    expect(await list(type)).toEqual([...always, 'mcp'])
  }
})
