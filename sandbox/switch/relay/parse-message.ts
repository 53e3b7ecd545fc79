import { z } from 'zod'
import { operations } from '../faults.ts'
import type { Message } from './message.ts'

const schema = z.object({
  to: z.string(),
  operation: z.enum(operations),
  method: z.string(),
  path: z.string(),
  headers: z.record(z.string(), z.string()),
  isOwn: z.boolean(),
  datedAt: z.number().exactOptional(),
})

/** A message out of the two columns in which it was kept. Throws when they are not what we wrote. */
export function parseMessage(text: string, bytes: Uint8Array): Message {
  const stored: unknown = JSON.parse(text)
  return { ...schema.parse(stored), bytes }
}
