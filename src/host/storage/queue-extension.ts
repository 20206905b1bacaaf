import { AgentError } from '../../core/errors.js'
import type { BindingInfo } from '../functions.js'
import { hasType } from '../has-type.js'
import type { ExtensionLog, HostExtension } from '../host-extension.js'
import { listenForEach } from '../listen-for-each.js'
import type { Settings } from '../settings/setting-names.js'
import { AzureQueue, type AzureQueueOptions, requireQueuePackage } from './azure-queue.js'
import type { Emulators } from './emulators.js'
import type { MessageQueue } from './message-queue.js'
import { QueueListener } from './queue-listener.js'
import { toMessageTexts } from './queue-message.js'
import { parseQueueSettings } from './queue-settings.js'
import { readStorageConnection } from './storage-connection.js'

export interface QueueExtensionOptions {
  /** Parsed `extensions.queues` of host.json. */
  readonly settings: unknown
  /** Where connections are looked up. */
  readonly appSettings: Settings
  readonly emulators: Emulators
  readonly log: ExtensionLog
}

const triggerType = 'queueTrigger'
const bindingType = 'queue'
const poisonSuffix = '-poison'

/** A queue that a trigger reads or an output writes. */
type QueueBinding = Pick<AzureQueueOptions, 'name' | 'connection'>

/**
 * Storage queues: runs queue triggers, and writes queue outputs.
 * @throws {AgentError} `invalid_configuration` for unusable settings.
 */
export function createQueueExtension(options: QueueExtensionOptions): HostExtension {
  const { appSettings, emulators, log } = options
  const settings = parseQueueSettings(options.settings)
  const outputs = new Map<BindingInfo, MessageQueue>()

  function open(binding: QueueBinding): MessageQueue {
    return new AzureQueue({ ...binding, emulators })
  }

  function openOutput(binding: BindingInfo): MessageQueue {
    const queue = outputs.get(binding) ?? open(parseQueueBinding(binding, appSettings))
    outputs.set(binding, queue)
    return queue
  }

  return {
    name: 'queues',
    bindingTypes: [bindingType],
    check: ({ bindings }) => {
      for (const binding of Object.values(bindings).filter(isQueue)) {
        requireQueuePackage()
        parseQueueBinding(binding, appSettings)
      }
    },
    writeOutput: (binding, data) =>
      isQueueOutput(binding)
        ? addAll(openOutput(binding), toMessageTexts(data, settings.messageEncoding))
        : undefined,
    ...listenForEach(triggerType, (definition, invoker) => {
      const { name, connection } = parseQueueBinding(definition.trigger, appSettings)
      const poisonQueue = name.endsWith(poisonSuffix)
        ? undefined
        : open({ name: `${name}${poisonSuffix}`, connection })
      const queue = open({ name, connection })
      return new QueueListener({ definition, invoker, queue, poisonQueue, settings, log })
    }),
    close: () => emulators.close(),
  }
}

function isQueue(binding: BindingInfo): boolean {
  return hasType(binding, triggerType) || isQueueOutput(binding)
}

function isQueueOutput(binding: BindingInfo): boolean {
  return hasType(binding, bindingType) && binding.direction === 'out'
}

/** Reads a binding's options. @throws {AgentError} `invalid_configuration` for a name that no queue can have, or a setting that is missing. */
function parseQueueBinding(binding: BindingInfo, settings: Settings): QueueBinding {
  const name = typeof binding.queueName === 'string' ? binding.queueName.toLowerCase() : ''
  if (!/^(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name)) {
    const message = `The queue name ${JSON.stringify(binding.queueName)} is not valid: use 3 to 63 letters, digits and single dashes between them.`
    throw new AgentError('invalid_configuration', message)
  }
  return { name, connection: readStorageConnection(settings, binding.connection) }
}

/** One after another, so that they are received in their order. */
async function addAll(queue: MessageQueue, texts: readonly string[]): Promise<void> {
  for (const text of texts) await queue.add(text)
}
