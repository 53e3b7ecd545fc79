import { z } from 'zod'

const origin = z.url({ protocol: /^https?$/ }).refine((text) => new URL(text).origin === text, {
  error: 'must be an origin: https://host:port',
})

/** A key that clients call with: only its hash is kept. It may ask for its tenants' transfers, and no other's. */
export const apiKeySchema = z.object({
  /** Stands in timelines where a person decided. */
  name: z.string().min(1).max(64),
  /** SHA-256 of the whole key ("kvk_…"), in lower-case hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  tenants: z.array(z.string()).min(1),
  /** Whether it may also see and decide what only people may: /operations. */
  operator: z.boolean().default(false),
})

/** The channel's part of the hub's configuration. Without any key everybody may ask for everything (loopback only). */
export const channelConfigSchema = z.object({
  apiKeys: z.array(apiKeySchema).default([]),
  /** Where clients may be called back. Private addresses never, but for the lab's loopback. */
  callbackOrigins: z.array(origin).default([]),
})

/** What `apiKeySchema` reads. */
export type ApiKey = z.infer<typeof apiKeySchema>

/** What the channel and the operations API need to know. `tenants` are the FSPs that this hub serves. */
export type ChannelConfig = z.infer<typeof channelConfigSchema> & {
  readonly lab: boolean
  readonly tenants: readonly { readonly fspId: string; readonly currency: string }[]
}
