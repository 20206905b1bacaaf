import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { AzureBlobRunLog } from '../../src/log/azure-blob/azure-blob-run-log.js'
import { openRunLog } from '../../src/log/open-run-log.js'
import { createChatClientFromEnvironment } from '../../src/model/environment.js'

const template = readFileSync(resolve(import.meta.dirname, '../../infra/main.bicep'), 'utf8')

/** The settings that the template gives the app, with values as a deployment has them. */
function deploy(parameters: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [, settings = ''] = /name: 'appsettings'\s+properties: \{([^}]*)\}/.exec(template) ?? []
  const entries = [...settings.matchAll(/^\s*(\w+): (\S+)$/gm)]
  return Object.fromEntries(entries.map(([, name = '', source = '']) => [name, parameters[source] ?? '']))
}

test('an app that was deployed by the template journals its runs in its own storage account', async () => {
  const log = openRunLog(deploy({ 'storage.name': 'agentsabc' }))
  expect(log).toBeInstanceOf(AzureBlobRunLog)
  await log.close()
})

test.each([
  [
    'Azure OpenAI',
    { azureOpenAiEndpoint: 'https://m.openai.azure.com', azureOpenAiDeployment: 'gpt' },
    'gpt',
  ],
  ['OpenAI', { openAiApiKey: 'sk-test', openAiModel: 'gpt-x' }, 'gpt-x'],
  ['the offline model', {}, 'offline-demo'],
])('an app that was deployed by the template asks %s when its parameters say so', (_, parameters, model) => {
  expect(createChatClientFromEnvironment(deploy(parameters)).model).toBe(model)
})

test('the template gives the app the roles that the Durable extension needs, and asks for no key of the account', () => {
  expect(template).toContain('allowSharedKeyAccess: false')
  expect([...template.matchAll(/\/\/ (Storage .*)/g)].map(([, role]) => role)).toEqual([
    'Storage Blob Data Owner',
    'Storage Queue Data Contributor',
    'Storage Table Data Contributor',
  ])
})
