import { expect, test } from 'vitest'
import { parseAttachmentUri, toAttachmentUri } from '../../src/run/attachment.js'

const digest = '0123456789abcdef'.repeat(4)

test.each(['run-1', 'a/b', 'é 🏠', '100%', '"', '\ud800', ''])('a reference gives back the run %j', (run) => {
  expect(parseAttachmentUri(toAttachmentUri({ run, digest }))).toEqual({ run, digest })
})

test.each([
  'https://example.com/image.png',
  `attachment:%22run%22/${digest}0`,
  `attachment:%22run%22/${digest.toUpperCase()}`,
  `attachment:%zz/${digest}`,
  `attachment:run/${digest}`,
  `attachment:%22a%22/b/${digest}`,
])('%s is no reference', (uri) => {
  expect(parseAttachmentUri(uri)).toBeUndefined()
})
