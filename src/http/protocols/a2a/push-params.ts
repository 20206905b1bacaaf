import { z } from 'zod'
import { optionalText } from './rpc-request.js'

/** What a webhook is to be sent with. Security: it becomes a header, so nothing in it may end one. */
const secret = optionalText.refine(
  (text) => text === undefined || (text.length <= 4096 && /^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(text)),
  'must be up to 4096 visible characters of ASCII',
)

const scheme = optionalText.refine(
  (text) => text === undefined || /^[\w!#$%&'*+.^`|~-]{1,64}$/.test(text),
  'must be the name of an authentication scheme',
)

const configId = optionalText.refine(
  (text) => text === undefined || text.length <= 512,
  'must have up to 512 characters',
)

const notWhole = 'must have both a scheme and its credentials: there are none here but those'

const shared = { id: configId, url: z.string(), token: secret }

/** Source: A2A 1.0, `TaskPushNotificationConfig`, `AuthenticationInfo`. */
export const pushConfig = z.looseObject({
  ...shared,
  authentication: z.looseObject({ scheme, credentials: secret }).refine(isWhole, notWhole).nullish(),
})

/** Where a client wants to be told of a task, and by what it knows who tells it. */
export type PushConfig = z.output<typeof pushConfig>

/**
 * Schemes are those that the webhook takes, of which the first one is used; without credentials it is content with the token.
 * Source: A2A 0.3.0, sections 6.8 and 6.9, `PushNotificationConfig`, `PushNotificationAuthenticationInfo`.
 */
export const legacyPushConfig = z
  .looseObject({
    ...shared,
    authentication: z.looseObject({ schemes: z.array(scheme), credentials: secret }).nullish(),
  })
  .transform(({ authentication, ...config }): PushConfig => {
    const { schemes: [scheme] = [], credentials } = authentication ?? {}
    const isContent = credentials === undefined && config.token !== undefined
    return { ...config, authentication: isContent ? undefined : { scheme, credentials } }
  })
  .refine(({ authentication }) => isWhole(authentication ?? {}), {
    error: notWhole,
    path: ['authentication'],
  })

interface Authentication {
  readonly scheme?: string | undefined
  readonly credentials?: string | undefined
}

function isWhole({ scheme, credentials }: Authentication): boolean {
  return (scheme === undefined) === (credentials === undefined)
}
