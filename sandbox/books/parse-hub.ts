import { z } from 'zod'
import type { HubBooks, HubLeg } from './facts.ts'
import { askedUnits } from './parse-switch.ts'

const partySchema = z.object({ type: z.string(), identifier: z.string() })

const legSchema = z.object({
  transferId: z.string(),
  role: z.enum(['payer', 'payee']),
  state: z.string(),
  fspiopState: z.enum(['RECEIVED', 'RESERVED', 'COMMITTED', 'ABORTED']),
  amount: z.string(),
  currency: z.string(),
  fee: z.string(),
  payer: partySchema,
  payee: partySchema,
  inSuspense: z.boolean().optional(),
})

const hubSchema = z.object({
  fsps: z.array(
    z.object({
      fspId: z.string(),
      currencies: z.array(z.object({ currency: z.string(), legs: z.array(legSchema) })),
    }),
  ),
})

/** Reads what the hub answers to `GET /lab/books`; throws when it is not that. */
export function parseHubBooks(body: unknown): HubBooks {
  const { fsps } = hubSchema.parse(body)
  return {
    fspIds: fsps.map(({ fspId }) => fspId),
    legs: fsps.flatMap(({ fspId, currencies }) =>
      currencies.flatMap(({ legs }) => legs.map((leg) => hubLeg(fspId, leg))),
    ),
  }
}

function hubLeg(fspId: string, leg: z.infer<typeof legSchema>): HubLeg {
  const { transferId, role, currency, fspiopState } = leg
  const money = { currency, state: fspiopState }
  return {
    transferId,
    fspId,
    role,
    ...money,
    isFinal: leg.state === 'committed' || leg.state === 'aborted',
    isOwed: leg.state === 'booking-owed',
    isInSuspense: leg.inSuspense === true,
    amount: askedUnits({ ...money, amount: leg.amount }),
    fee: askedUnits({ ...money, amount: leg.fee }),
    payerMsisdn: nameOf(leg.payer),
    payeeMsisdn: nameOf(leg.payee),
  }
}

/** An alias or account id is no MSISDN; told apart by its type, it is found again by the bank's own row. */
function nameOf({ type, identifier }: z.infer<typeof partySchema>): string {
  return type === 'MSISDN' ? identifier : `${type} ${identifier}`
}
