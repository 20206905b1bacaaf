import { z } from 'zod'

/** Clients made of protobuf send what is not given as an empty text. */
export const optionalText = z
  .string()
  .nullish()
  .transform((text) => text || undefined)
