import { z } from 'zod'
import type { JsonAnswer } from '../json-client.ts'

const accepted = z.object({ transactionId: z.string() })

const entrySchema = z.object({
  at: z.string(),
  step: z.string(),
  party: z.string(),
  direction: z.enum(['in', 'out', 'none']),
  outcome: z.string(),
  detail: z.string(),
})

const transferSchema = z.object({
  transferState: z.enum(['RECEIVED', 'RESERVED', 'COMMITTED', 'ABORTED']),
  reason: z.string().optional(),
  errorInformation: z.object({ errorCode: z.string() }).optional(),
})

const legsSchema = z.object({
  legs: z.array(
    z.object({
      fspId: z.string(),
      role: z.enum(['payer', 'payee']),
      payerFsp: z.string().optional(),
      payeeFsp: z.string().optional(),
      amount: z.string(),
      currency: z.string(),
      timeline: z.array(entrySchema),
    }),
  ),
})

const problemSchema = z.object({
  errorDescription: z.string().optional(),
  developerMessage: z.string().optional(),
})

/** One line of a transfer's timeline, as its client reads it. */
export type TimelineEntry = z.infer<typeof entrySchema>

/** A transfer as its client sees it, as far as the demo looks. */
export type ToldTransfer = z.infer<typeof transferSchema>

/** One leg of a transfer, as people at the hub see it. */
export type ToldLeg = z.infer<typeof legsSchema>['legs'][number]

/** The legs that `GET /operations/transfers/{id}` tells of; none for any other answer. */
export function toldLegs({ status, body }: JsonAnswer): readonly ToldLeg[] {
  const read = legsSchema.safeParse(body)
  return status === 200 && read.success ? read.data.legs : []
}

/** The id of an order that was accepted; undefined for any other answer. */
export function acceptedId({ status, body }: JsonAnswer): string | undefined {
  const read = accepted.safeParse(body)
  return status < 300 && read.success ? read.data.transactionId : undefined
}

/** The transfer that an answer tells of; undefined for any other answer. */
export function toldTransfer({ status, body }: JsonAnswer): ToldTransfer | undefined {
  const read = transferSchema.safeParse(body)
  return status === 200 && read.success ? read.data : undefined
}

/** Why a request was turned away, in the words of who did. */
export function problemWords({ body }: JsonAnswer): string {
  const read = problemSchema.safeParse(body)
  if (!read.success) return 'no reason given'
  return read.data.developerMessage ?? read.data.errorDescription ?? 'no reason given'
}
