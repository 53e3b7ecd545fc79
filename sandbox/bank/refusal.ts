/** Why the bank says no. Each face of the bank (Fineract's, FSPIOP's) has its own code for it. */
export type RefusalReason =
  | 'account-unknown'
  | 'currency-differs'
  | 'account-frozen'
  | 'account-closed'
  | 'insufficient-funds'
  | 'held-before'
  | 'booked-before'
  | 'hold-missing'
  | 'cash-short'

/** A reasoned no of the bank; nothing has changed. `about` is what it is about: an account, a code, two currencies. */
export type BankRefusal = {
  readonly refused: RefusalReason
  readonly about: readonly string[]
}

/** A no, for a reason. */
export function refuse(refused: RefusalReason, ...about: readonly string[]): BankRefusal {
  return { refused, about }
}

/** Whether the bank said no. */
export function isRefused(answer: unknown): answer is BankRefusal {
  return typeof answer === 'object' && answer !== null && 'refused' in answer
}
