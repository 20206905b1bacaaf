import { z } from 'zod'
import { optionalText } from './optional-text.js'

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

/** Source: A2A 1.0, `AuthenticationInfo`. */
const authentication = z
  .looseObject({ scheme, credentials: secret })
  .refine(({ scheme, credentials }) => (scheme === undefined) === (credentials === undefined), notWhole)

/** Source: A2A 0.3.0, section 6.9, `PushNotificationAuthenticationInfo`. Of several schemes the first one is used. */
const legacyAuthentication = z
  .looseObject({ schemes: z.array(scheme), credentials: secret })
  .transform(({ schemes: [scheme], credentials }) => ({ scheme, credentials }))
  .refine(({ scheme, credentials }) => (scheme === undefined) === (credentials === undefined), notWhole)

const shared = { id: configId, url: z.string(), token: secret }

/** Source: A2A 1.0, `TaskPushNotificationConfig`. */
export const pushConfig = z.looseObject({ ...shared, authentication: authentication.nullish() })

/** Source: A2A 0.3.0, section 6.8, `PushNotificationConfig`. */
export const legacyPushConfig = z.looseObject({ ...shared, authentication: legacyAuthentication.nullish() })

/** Where a client wants to be told of a task, and by what it knows who tells it. */
export type PushConfig = z.output<typeof pushConfig>
