import { z } from 'zod'

/** Placeholder until the stream's own lands. */
export const kafkaConfigSchema = z.strictObject({
  brokers: z.array(z.string()).min(1),
  topic: z.string().default('kivuko.transfers'),
})
