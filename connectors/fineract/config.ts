import { z } from 'zod'
import type { Clock } from '../../hub/clock.ts'
import type { HttpClient } from '../../hub/http.ts'
import type { Log } from '../../hub/log.ts'

/** What one FSP needs to use its own Fineract. URLs and credentials have no default. */
export const fineractConfigSchema = z.object({
  /** Up to the version: "https://core.example/fineract-provider/api/v1". */
  url: z.url({ protocol: /^https?$/ }),
  /** Fineract-Platform-TenantId. */
  tenantId: z.string().min(1).max(100),
  auth: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('basic'),
      /** A user that may do interoperation and read clients and savings accounts; no more. */
      username: z.string().min(1),
      password: z.string().min(1),
    }),
    z.object({
      kind: z.literal('oauth'),
      /** The token endpoint of the identity provider that Fineract trusts (client credentials). */
      tokenUrl: z.url({ protocol: /^https?$/ }),
      clientId: z.string().min(1),
      clientSecret: z.string().min(1),
    }),
  ]),
  /** Where a person's decision books what the customer's account refuses; without it, suspense is refused. */
  suspense: z
    .object({
      officeId: z.string().regex(/^\d{1,19}$/),
      suspenseGlAccountId: z.string().regex(/^\d{1,19}$/),
      settlementGlAccountId: z.string().regex(/^\d{1,19}$/),
    })
    .optional(),
  /** How long the core may take to answer, in ms; what takes longer has an unknown outcome. */
  timeoutMs: z.int().min(1).max(120_000).default(10_000),
})

/** One core's configuration, once it is read. */
export type FineractConfig = z.infer<typeof fineractConfigSchema>

/** What the connector is given by the program. */
export type Ports = { readonly http: HttpClient; readonly clock: Clock; readonly log: Log }
