import { decimalOf, decimalsOf } from '../../money.ts'
import type { AccountState, Client, SavingsAccount } from '../ledger/accounts.ts'
import type { SavingsTransaction, TransactionKind } from '../ledger/savings.ts'
import { available } from '../steps.ts'
import { jsonNumber, prewritten, type JsonOut, type JsonText } from './json.ts'

/** An amount as a JSON number with the currency's decimals. */
export function amountJson(minorUnits: bigint, currency: string): JsonText {
  return jsonNumber(decimalOf(minorUnits, currency))
}

/** A day as Fineract writes it: [2026,1,5]. */
export function dayJson(at: string): JsonOut {
  return at
    .slice(0, 10)
    .split('-')
    .map((part) => BigInt(part))
}

/** A time as Fineract's interop answers write it: 2026-01-05T09:00:00+0000. */
export function timestampOf(at: string): string {
  return `${at.slice(0, 19)}+0000`
}

/** The nine-digit number of a client or an account. */
export function accountNoOf(id: bigint): string {
  return id.toString().padStart(9, '0')
}

/** First name and last name, as Fineract shows a client. */
export function displayNameOf(client: Client): string {
  return `${client.firstName} ${client.lastName}`
}

/** The one savings product of the bank, per currency. */
export const savingsProduct = { id: 1n, name: 'Kivuko savings', shortName: 'KVK' } as const

const currencies = new Map<string, JsonText>()

/** A currency as Fineract describes it beside every amount. */
function currencyJson(currency: string): JsonText {
  const known = currencies.get(currency)
  if (known) return known
  const written = prewritten({
    code: currency,
    name: currency,
    decimalPlaces: BigInt(decimalsOf(currency)),
    inMultiplesOf: 0n,
    nameCode: `currency.${currency}`,
    displayLabel: currency,
  })
  currencies.set(currency, written)
  return written
}

/** A frozen account is active with everything blocked; only a closed one has another status. */
export function statusJson(state: AccountState): JsonOut {
  const closed = state === 'closed'
  return {
    id: closed ? 600n : 300n,
    code: closed ? 'savingsAccountStatusType.closed' : 'savingsAccountStatusType.active',
    value: closed ? 'Closed' : 'Active',
    submittedAndPendingApproval: false,
    approved: false,
    rejected: false,
    withdrawnByApplicant: false,
    active: !closed,
    closed,
  }
}

/** What is blocked on the account: everything when it is frozen, else nothing. */
function subStatusJson(state: AccountState): JsonOut {
  const block = state === 'frozen'
  return {
    id: block ? 400n : 0n,
    code: block ? 'SavingsAccountSubStatusEnum.block' : 'SavingsAccountSubStatusEnum.none',
    value: block ? 'Block' : 'None',
    none: !block,
    block,
    blockCredit: false,
    blockDebit: false,
  }
}

/** A savings account in a client's list. */
export function accountSummaryJson(account: SavingsAccount): Record<string, JsonOut> {
  return {
    id: account.id,
    accountNo: accountNoOf(account.id),
    externalId: account.accountId,
    productId: savingsProduct.id,
    productName: savingsProduct.name,
    shortProductName: savingsProduct.shortName,
    status: statusJson(account.state),
    subStatus: subStatusJson(account.state),
    currency: currencyJson(account.currency),
    accountBalance: amountJson(account.balance, account.currency),
    accountType: { id: 1n, code: 'accountType.individual', value: 'Individual' },
    depositType: { id: 100n, code: 'depositAccountType.savingsDeposit', value: 'Savings' },
  }
}

/** A savings account by itself; the transactions only where they were asked for. */
export function savingsAccountJson(
  account: SavingsAccount,
  client: Client,
  transactions: readonly SavingsTransaction[] | undefined,
): JsonOut {
  const { currency } = account
  return {
    ...accountSummaryJson(account),
    clientId: client.id,
    clientName: displayNameOf(client),
    savingsProductId: savingsProduct.id,
    savingsProductName: savingsProduct.name,
    timeline: { activatedOnDate: dayJson(account.openedOn) },
    withdrawalFeeForTransfers: false,
    savingsAmountOnHold: amountJson(account.held, currency),
    summary: {
      currency: currencyJson(currency),
      accountBalance: amountJson(account.balance, currency),
      availableBalance: amountJson(available(account), currency),
    },
    transactions: transactions?.map((each) => transactionJson(each, account)),
  }
}

const transactionTypes: Readonly<Record<TransactionKind, readonly [bigint, string, string]>> = {
  deposit: [1n, 'deposit', 'Deposit'],
  withdrawal: [2n, 'withdrawal', 'Withdrawal'],
  'withdrawal-fee': [4n, 'withdrawalFee', 'Withdrawal fee'],
  hold: [20n, 'onHold', 'Hold Amount'],
  release: [21n, 'release', 'Release Amount'],
}

/** The name of a kind of transaction in Fineract's Java enumeration. */
export const transactionTypeNames: Readonly<Record<TransactionKind, string>> = {
  deposit: 'DEPOSIT',
  withdrawal: 'WITHDRAWAL',
  'withdrawal-fee': 'WITHDRAWAL_FEE',
  hold: 'AMOUNT_HOLD',
  release: 'AMOUNT_RELEASE',
}

function transactionTypeJson(kind: TransactionKind): JsonText {
  const [id, code, value] = transactionTypes[kind]
  return prewritten({
    id,
    code: `savingsAccountTransactionType.${code}`,
    value,
    deposit: kind === 'deposit',
    dividendPayout: false,
    withdrawal: kind === 'withdrawal',
    interestPosting: false,
    feeDeduction: kind === 'withdrawal-fee',
    initiateTransfer: false,
    approveTransfer: false,
    withdrawTransfer: false,
    rejectTransfer: false,
    overdraftInterest: false,
    writtenoff: false,
    overdraftFee: false,
    withholdTax: false,
    escheat: false,
    amountHold: kind === 'hold',
    amountRelease: kind === 'release',
  })
}

const writtenTypes: Readonly<Record<TransactionKind, JsonText>> = {
  deposit: transactionTypeJson('deposit'),
  withdrawal: transactionTypeJson('withdrawal'),
  'withdrawal-fee': transactionTypeJson('withdrawal-fee'),
  hold: transactionTypeJson('hold'),
  release: transactionTypeJson('release'),
}

/** One line of a statement. The receipt number of an interop transaction is its transfer code. */
function transactionJson(transaction: SavingsTransaction, account: SavingsAccount): JsonOut {
  const { payment } = transaction
  return {
    id: transaction.id,
    transactionType: writtenTypes[transaction.kind],
    accountId: account.id,
    accountNo: accountNoOf(account.id),
    date: dayJson(transaction.at),
    currency: currencyJson(account.currency),
    paymentDetailData: payment && {
      id: transaction.id,
      paymentType: paymentTypeJson(payment.paymentTypeId),
      accountNumber: account.accountId,
      checkNumber: '',
      routingCode: payment.routingCode ?? '',
      receiptNumber: payment.receiptNumber ?? '',
      bankNumber: '',
    },
    amount: amountJson(transaction.amount, account.currency),
    runningBalance: amountJson(transaction.runningBalance, account.currency),
    reversed: transaction.reversed,
    releaseTransactionId: transaction.releaseId,
    submittedOnDate: dayJson(transaction.at),
    interestedPostedAsOn: false,
    submittedByUsername: 'mifos',
    note: transaction.note,
  }
}

/** The two payment types of the bank; the second is the one that interop transactions are booked under. */
export const paymentTypes = [
  { id: 1n, name: 'Cash', isCashPayment: true },
  { id: 2n, name: 'Interoperation', isCashPayment: false },
] as const

function paymentTypeJson(id: bigint): JsonOut {
  const { name } = paymentTypes.find((each) => each.id === id) ?? paymentTypes[0]
  return { id, name }
}
