import { z } from 'zod'
import { parseMoney, type Money } from '../../hub/domain/money.ts'
import { isRefusal, type Reason } from '../../hub/domain/refusal.ts'
import type { Role } from '../../hub/domain/transfer.ts'
import { plainDecimal } from './exact-json.ts'

/** What Fineract is told to do with a transfer (InteropApiResource, ?action=). */
export type Action = 'PREPARE' | 'CREATE' | 'RELEASE'

/** The side that an account takes in a transfer, in Fineract's word. */
export const transactionRoles = {
  payer: 'PAYER',
  payee: 'PAYEE',
} as const satisfies Record<Role, string>

/** Numbers arrive as the strings of their digits (exact-json.ts), so ids are strings here as everywhere. */
const id = z.string().regex(/^\d{1,19}$/)

const money = z
  .object({ amount: z.string(), currency: z.string() })
  .transform((wire, context): Money => {
    const amount = plainDecimal(wire.amount) ?? ''
    const read = parseMoney({ amount, currency: wire.currency })
    if (!isRefusal(read)) return read
    context.issues.push({ code: 'custom', message: read.description, input: wire })
    return z.NEVER
  })

/** An enum stands as its name in interoperation, and as an object with its code everywhere else. */
const enumCode = z.union([z.string(), z.object({ code: z.string() }).transform(({ code }) => code)])

/** GET and POST interoperation/parties/{type}/{value}. */
export const partySchema = z.object({ accountId: z.string().min(1) })

/** GET interoperation/accounts/{externalId}. */
export const accountSchema = z.object({
  accountId: z.string().min(1),
  clientId: id,
  currency: z.string(),
  status: enumCode,
  subStatus: enumCode.optional(),
})

/** An account of a client, as clients/{id}/accounts lists it. One without externalId is out of interoperation's reach. */
export type ClientAccount = z.infer<typeof clientAccount>

const clientAccount = z.object({
  externalId: z.string().min(1).nullish(),
  currency: z.object({ code: z.string() }),
  status: enumCode,
  subStatus: enumCode.nullish(),
})

/** GET clients/{id}/accounts. */
export const clientAccountsSchema = z.object({
  savingsAccounts: z.array(clientAccount).default([]),
})

/** GET clients/{id}. */
export const clientSchema = z.object({
  displayName: z.string().optional(),
  firstname: z.string().optional(),
  lastname: z.string().optional(),
})

/** POST interoperation/quotes. No fee may come as null or not at all. */
export const quoteSchema = z.object({ state: z.literal('ACCEPTED'), fspFee: money.nullish() })

/** POST interoperation/transfers; a command that waits for its checker has no state at all. */
export const transferSchema = z.object({ state: z.literal('ACCEPTED'), transferCode: z.string() })

/** A movement on an account, as far as it tells the fate of a transfer. */
export type AccountMovement = z.infer<typeof movement>

const movement = z.object({
  transactionType: z.object({
    deposit: z.boolean().default(false),
    withdrawal: z.boolean().default(false),
    amountHold: z.boolean().default(false),
  }),
  paymentDetailData: z.object({ receiptNumber: z.string().nullish() }).nullish(),
  reversed: z.boolean().default(false),
  /** Of a hold: the movement that released it. */
  releaseTransactionId: z.string().nullish(),
})

/** GET savingsaccounts/…?associations=transactions; an account without any may lack the list. */
export const movementsSchema = z.object({
  accountNo: z.string(),
  transactions: z.array(movement).default([]),
})

/** POST journalentries. */
export const journalEntrySchema = z.object({ transactionId: z.string().min(1) })

/** The token endpoint (RFC 6749 §5.1); some write the lifetime as a string. */
export const tokenSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z
    .string()
    .regex(/^\d{1,9}$/)
    .optional(),
})

const errorSchema = z.object({
  userMessageGlobalisationCode: z.string().optional(),
  errors: z.array(z.object({ userMessageGlobalisationCode: z.string().optional() })).nullish(),
})

/** The code of an error: the first of its list, for the one on top is generic. Undefined when it is not Fineract's. */
export function readErrorCode(body: unknown): string | undefined {
  const read = errorSchema.safeParse(body)
  return (
    read.data?.errors?.[0]?.userMessageGlobalisationCode ?? read.data?.userMessageGlobalisationCode
  )
}

/**
 * Fineract swaps the two: a transfer held before answers "already committed", one booked before "already on hold". Which
 * it is follows from the action alone.
 */
export const repeatedCodes: ReadonlySet<string> = new Set([
  'error.msg.interop.transfer.already.on.hold',
  'error.msg.interop.transfer.already.committed',
])

/** CREATE and RELEASE found no hold of the transfer, of that amount, that is still to be released. */
export const holdMissingCode = 'error.msg.interop.onhold.transfer.missing'

/** GET interoperation/parties: nobody is registered under the identifier. */
export const partyMissingCode = 'error.msg.interop.account.not.found'

type Trouble = 'funds' | 'blocked' | 'currency' | 'account'

const troubles = [
  [/insufficient\.account\.balance/, 'funds'],
  [/transaction\.not\.allowed|blocked/, 'blocked'],
  [/currenc/, 'currency'],
  [/account\.(?:id\.invalid|not\.found)/, 'account'],
] as const satisfies readonly (readonly [RegExp, Trouble])[]

const reasons = {
  payer: {
    funds: 'payer-insufficient-funds',
    blocked: 'payer-blocked',
    currency: 'payer-currency-not-held',
    account: 'payer-not-found',
  },
  payee: {
    funds: 'core-refused',
    blocked: 'payee-blocked',
    currency: 'payee-currency-not-held',
    account: 'payee-not-found',
  },
} as const satisfies Record<Role, Record<Trouble, Reason>>

/** Why a role is refused, by Fineract's code; `core-refused` for all that has no word of its own. */
export function reasonOfCode(code: string, role: Role): Reason {
  const trouble = troubles.find(([pattern]) => pattern.test(code))
  return trouble === undefined ? 'core-refused' : reasons[role][trouble[1]]
}

const openToAll = ['NONE', 'INACTIVE']
const openTo = {
  payer: new Set([...openToAll, 'BLOCKCREDIT']),
  payee: new Set([...openToAll, 'BLOCKDEBIT']),
} as const satisfies Record<Role, ReadonlySet<string>>

/** Whether money may move for the role: the account is active, and not blocked, dormant or escheated. */
export function isOpen(
  account: { readonly status: string; readonly subStatus?: string | null | undefined },
  role: Role,
): boolean {
  const subStatus = enumName(account.subStatus ?? 'NONE')
  return enumName(account.status) === 'ACTIVE' && openTo[role].has(subStatus)
}

/** "savingsAccountStatusType.active", "ACTIVE"; "SavingsAccountSubStatusEnum.blockCredit", "BLOCK_CREDIT". */
function enumName(code: string): string {
  return code
    .slice(code.lastIndexOf('.') + 1)
    .replaceAll('_', '')
    .toUpperCase()
}
