import type { BankRefusal, RefusalReason } from '../refusal.ts'
import { fspiopError, type FspiopError } from './wire.ts'

/** Why a payment came to nothing: the stable word of ARCHITECTURE.md §8, FSPIOP's code, and words for people. */
export type Why = FspiopError & { readonly reason: string }

/** The step of a payment at which somebody else said no. */
export type Stage = 'lookup' | 'quote' | 'transfer'

const stageReasons: Readonly<Record<Stage, string>> = {
  lookup: 'payee-not-found',
  quote: 'payee-refused-quote',
  transfer: 'payee-refused-transfer',
}

const codeReasons: ReadonlyMap<string, string> = new Map([
  ['1001', 'payee-fsp-unavailable'],
  ['2003', 'payee-fsp-unavailable'],
  ['2004', 'payee-fsp-silent'],
  ['3100', 'message-invalid'],
  ['3101', 'message-invalid'],
  ['3102', 'message-invalid'],
  ['3105', 'message-invalid'],
  ['3106', 'request-modified'],
  ['3201', 'payee-fsp-not-found'],
  ['3203', 'payee-fsp-not-found'],
  ['3204', 'payee-not-found'],
  ['3205', 'quote-not-found'],
  ['3302', 'quote-expired'],
  ['3303', 'transfer-expired'],
  ['4001', 'payer-fsp-liquidity'],
  ['4200', 'payer-fsp-limit'],
  ['5103', 'payee-refused-quote'],
  ['5105', 'payee-refused-transfer'],
  ['5106', 'payee-currency-not-held'],
  ['5400', 'payee-blocked'],
])

/** What another's error means to the payer: the reason of its code, else that of the step. Its code and words are kept. */
export function whyOf(stage: Stage, error: FspiopError): Why {
  // The code of a wrong fulfilment is that of every invalid message; only the words tell.
  const isFulfilment = error.errorCode === '3100' && /fulfil/i.test(error.errorDescription)
  if (stage === 'transfer' && isFulfilment) return { ...error, reason: 'wrong-fulfilment' }
  return { ...error, reason: codeReasons.get(error.errorCode) ?? stageReasons[stage] }
}

/** A no of this bank's own. */
export function ownWhy(reason: string, errorCode: string, words: string): Why {
  return { reason, ...fspiopError(errorCode, words) }
}

const payerNos: Readonly<Partial<Record<RefusalReason, readonly [string, string]>>> = {
  'account-unknown': ['payer-not-found', '3204'],
  'currency-differs': ['payer-currency-not-held', '4000'],
  'account-frozen': ['payer-blocked', '4400'],
  'account-closed': ['payer-blocked', '4400'],
  'insufficient-funds': ['payer-insufficient-funds', '4000'],
}

/** The core's no about a payer. */
export function payerNo({ refused }: BankRefusal): Why {
  const [reason, code] = payerNos[refused] ?? ['core-refused', '2001']
  return ownWhy(reason, code, `the payer's bank says: ${refused}`)
}

/** The core's no about a payee, as FSPIOP tells it. */
export function payeeNo({ refused }: BankRefusal): FspiopError {
  switch (refused) {
    case 'account-unknown':
      return fspiopError('3204', 'Party not found')
    case 'currency-differs':
      return fspiopError('5106', 'Payee unsupported currency')
    case 'account-frozen':
    case 'account-closed':
      return fspiopError('5400', 'the account of the payee is blocked')
    case 'insufficient-funds':
    case 'held-before':
    case 'booked-before':
    case 'hold-missing':
    case 'cash-short':
      return fspiopError('5100', refused)
  }
}
