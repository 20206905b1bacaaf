import { z } from 'zod'
import { jsonObject, mediaUrl } from '../../json-shapes.js'
import { legacyPushConfig, pushConfig } from './push-params.js'
import { optionalText } from './rpc-request.js'

const mediaType = optionalText.refine(
  (type) => type === undefined || /^[\w.+-]+\/[\w.+*-]+( *; *[\w.+-]+=[\w.+-]+)*$/.test(type),
  'must be a media type',
)

const base64 = z
  .string()
  .refine((text) => /^[A-Za-z0-9+/]+={0,2}$/.test(text), 'must be base64, and not empty')

/** What a caller sends: text, data, or a file. */
export type SentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'data'; readonly data: unknown }
  | { readonly type: 'file'; readonly uri: string; readonly mediaType: string | undefined }

/** Source: A2A 1.0, `Part`. */
const part = z
  .looseObject({
    text: z.string().optional(),
    raw: base64.optional(),
    url: mediaUrl.optional(),
    data: z.unknown().optional(),
    mediaType,
  })
  .refine(
    ({ text, raw, url, data }) => [text, raw, url, data].filter((one) => one !== undefined).length === 1,
    'must have one of text, raw, url and data',
  )
  .transform(({ text, raw, url, data, mediaType }): SentPart => {
    if (text !== undefined) return { type: 'text', text }
    if (data !== undefined) return { type: 'data', data }
    return { type: 'file', uri: url ?? toDataUri(raw ?? '', mediaType), mediaType }
  })

/** Source: A2A 0.3.0, section 6.5, `Part`. */
const legacyPart = z.discriminatedUnion(
  'kind',
  [
    z
      .looseObject({ kind: z.literal('text'), text: z.string() })
      .transform(({ text }): SentPart => ({ type: 'text', text })),
    z
      .looseObject({ kind: z.literal('data'), data: jsonObject })
      .transform(({ data }): SentPart => ({ type: 'data', data })),
    z
      .looseObject({
        kind: z.literal('file'),
        file: z
          .looseObject({ bytes: base64.optional(), uri: mediaUrl.optional(), mimeType: mediaType })
          .refine(
            ({ bytes, uri }) => (bytes === undefined) !== (uri === undefined),
            'must have one of bytes and uri',
          ),
      })
      .transform(({ file: { bytes, uri, mimeType } }): SentPart => {
        return { type: 'file', uri: uri ?? toDataUri(bytes ?? '', mimeType), mediaType: mimeType }
      }),
  ],
  { error: 'must be text, file or data' },
)

function toDataUri(raw: string, type = 'application/octet-stream'): string {
  return `data:${type.replaceAll(' ', '')};base64,${raw}`
}

/** How many messages of its history a task is told with: all when absent, none with 0. */
export const historyLength = z.number().int().min(0).nullish()

const metadata = z.looseObject({ responseSchema: jsonObject.optional() }).nullish()

const ids = { messageId: z.string(), contextId: optionalText, taskId: optionalText }

const notTheUser = 'must be the user: a caller speaks for nobody else'

/** The parameters of `SendMessage` and `SendStreamingMessage`. Source: A2A 1.0, `SendMessageRequest`. */
const newestSendParams = z
  .looseObject({
    message: z.looseObject({
      ...ids,
      role: z.literal('ROLE_USER', { error: notTheUser }),
      parts: z.array(part).min(1).max(100),
    }),
    configuration: z
      .looseObject({
        historyLength,
        returnImmediately: z.boolean().nullish(),
        taskPushNotificationConfig: pushConfig.nullish(),
      })
      .nullish(),
    metadata,
  })
  .transform(({ message: { role: _role, ...message }, configuration, metadata }) => {
    const { historyLength, returnImmediately, taskPushNotificationConfig: push } = configuration ?? {}
    const pushPath = 'configuration.taskPushNotificationConfig.url'
    return { message, metadata, historyLength, isWaiting: returnImmediately !== true, push, pushPath }
  })

/** The parameters of `message/send` and `message/stream`. Source: A2A 0.3.0, section 7.1.1, `MessageSendParams`. */
const legacySendParams = z
  .looseObject({
    message: z.looseObject({
      ...ids,
      role: z.literal('user', { error: notTheUser }),
      parts: z.array(legacyPart).min(1).max(100),
    }),
    configuration: z
      .looseObject({
        historyLength,
        blocking: z.boolean().nullish(),
        pushNotificationConfig: legacyPushConfig.nullish(),
      })
      .nullish(),
    metadata,
  })
  .transform(({ message: { role: _role, ...message }, configuration, metadata }) => {
    const { historyLength, blocking, pushNotificationConfig: push } = configuration ?? {}
    const pushPath = 'configuration.pushNotificationConfig.url'
    return { message, metadata, historyLength, isWaiting: blocking !== false, push, pushPath }
  })

/** What is sent, by version. */
export const sendParams = { '1.0': newestSendParams, '0.3': legacySendParams }
