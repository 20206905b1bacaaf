import type { ExtensionLog } from '../extension-log.js'
import type { BindingInfo } from '../functions.js'
import type { HostExtension } from '../host-extension.js'
import { listenForEach } from '../listen-for-each.js'
import type { Settings } from '../settings/setting-names.js'
import { AzureQueue, requireQueuePackage } from './azure-queue.js'
import type { Emulators } from './emulators.js'
import type { MessageQueue } from './message-queue.js'
import { isQueueOutput, isQueueTrigger, parseQueueBinding, type QueueBinding } from './queue-binding.js'
import { QueueListener } from './queue-listener.js'
import { toMessageTexts } from './queue-message.js'
import { parseQueueSettings } from './queue-settings.js'

export interface QueueExtensionOptions {
  /** Parsed `extensions.queues` of host.json. */
  readonly settings: unknown
  /** Where connections are looked up. */
  readonly appSettings: Settings
  readonly emulators: Emulators
  readonly log: ExtensionLog
}

const poisonSuffix = '-poison'

/**
 * Storage queues: runs queue triggers, and writes queue outputs.
 * @throws {AgentError} `invalid_configuration` for unusable settings.
 */
export function createQueueExtension(options: QueueExtensionOptions): HostExtension {
  const { appSettings, emulators, log } = options
  const settings = parseQueueSettings(options.settings)
  const outputs = new Map<BindingInfo, MessageQueue>()

  function open({ queueName, connection }: QueueBinding): MessageQueue {
    return new AzureQueue({ name: queueName, connection, emulators })
  }

  function openOutput(binding: BindingInfo): MessageQueue {
    const queue = outputs.get(binding) ?? open(parseQueueBinding(binding, appSettings))
    outputs.set(binding, queue)
    return queue
  }

  return {
    name: 'queues',
    triggerTypes: ['queueTrigger'],
    bindingTypes: ['queue'],
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
    ...listenForEach(
      ({ trigger }) => isQueueTrigger(trigger),
      (definition, invoker) => {
        const { queueName, connection } = parseQueueBinding(definition.trigger, appSettings)
        const poisonQueue = queueName.endsWith(poisonSuffix)
          ? undefined
          : open({ queueName: `${queueName}${poisonSuffix}`, connection })
        const queue = open({ queueName, connection })
        return new QueueListener({ definition, invoker, queue, poisonQueue, settings, log })
      },
    ),
    close: () => emulators.close(),
  }
}

function isQueue(binding: BindingInfo): boolean {
  return isQueueTrigger(binding) || isQueueOutput(binding)
}

/** One after another, so that they are received in their order. */
async function addAll(queue: MessageQueue, texts: readonly string[]): Promise<void> {
  for (const text of texts) await queue.add(text)
}
