import { OutcomeUnknown, type LedgerMove } from '../../hub/connector.ts'
import { noMoney, type Money } from '../../hub/domain/money.ts'
import type { AmountType } from '../../hub/domain/quote.ts'
import { refusal, type Refusal } from '../../hub/domain/refusal.ts'
import type { Role } from '../../hub/domain/transfer.ts'
import { isNo, type CoreClient, type CoreNo } from './client.ts'
import { amountLiteral, type ExactJson } from './exact-json.ts'
import type { ReadOutcome } from './outcome.ts'
import {
  holdMissingCode,
  quoteSchema,
  reasonOfCode,
  repeatedCodes,
  transactionRoles,
  transferSchema,
  type Action,
} from './wire.ts'

/** What is asked about the price of a move. */
export type Question = {
  readonly accountId: string
  readonly role: Role
  readonly amount: Money
  readonly amountType: AmountType
  readonly transferId: string
}

/** The fee of Fineract's own product for the move; a payer without the balance for it is refused. */
export async function priceMove(
  client: CoreClient,
  question: Question,
): Promise<{ readonly fee: Money } | Refusal> {
  const { accountId, role, amount, amountType, transferId } = question
  const quote = await client.ask(
    {
      method: 'POST',
      path: '/interoperation/quotes',
      name: 'price',
      body: {
        transactionCode: transferId,
        quoteCode: transferId,
        accountId,
        amount: moneyOnWire(amount),
        amountType,
        transactionRole: transactionRoles[role],
        transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
      },
    },
    quoteSchema,
  )
  if (isNo(quote)) return refusalOf(quote, role)
  return { fee: quote.fspFee ?? noMoney(amount.currency) }
}

/** Moves money with one code for all of a transfer's actions; done before is done. */
export type MoveMoney = (move: LedgerMove, action: Action, role: Role) => Promise<'done' | Refusal>

/** Makes the mover. A no is believed only after the account itself has been looked at: it may answer a repeat. */
export function createMover(client: CoreClient, readOutcome: ReadOutcome): MoveMoney {
  return async (move, action, role) => {
    const answer = await client.move(
      {
        method: 'POST',
        path: `/interoperation/transfers?action=${action}`,
        name: action.toLowerCase(),
        body: transferBody(move, role),
        idempotencyKey: move.idempotencyKey,
      },
      transferSchema,
    )
    if (!isNo(answer)) {
      if (answer.transferCode === move.transferId) return 'done'
      throw new OutcomeUnknown('the core answered about another transfer')
    }
    const found = await readOutcome(move, role).catch((cause: unknown) => {
      throw new OutcomeUnknown('the core refused, and cannot be asked why', { cause })
    })
    return verdicts[action]({ no: answer, found, role })
  }
}

function transferBody(move: LedgerMove, role: Role): ExactJson {
  const { transferId, accountId, amount, fee } = move
  return {
    transactionCode: transferId,
    transferCode: transferId,
    accountId,
    amount: moneyOnWire(amount),
    ...(fee.minorUnits === 0n ? {} : { fspFee: moneyOnWire(fee) }),
    transactionRole: transactionRoles[role],
    note: transferId,
  }
}

/** An amount as Fineract reads it, exact. */
function moneyOnWire(money: Money): ExactJson {
  return { amount: amountLiteral(money), currency: money.currency }
}

type Denied = {
  readonly no: CoreNo
  readonly found: Awaited<ReturnType<ReadOutcome>>
  readonly role: Role
}

/** What a no to each action means, by what the account says of the transfer. */
const verdicts = {
  PREPARE: ({ no, found, role }) => {
    if (found === 'held' || found === 'booked') return 'done'
    // A code of before without a hold to see, or a hold that is already gone: whoever asks again will see more.
    if (found === 'released' || repeatedCodes.has(no.code))
      throw new OutcomeUnknown('the core has held this transfer before')
    return refusalOf(no, role)
  },
  CREATE: ({ no, found, role }) => {
    if (found === 'booked') return 'done'
    // It says that it has booked while its statement still shows the hold: whoever asks again will see.
    if (found === 'held' && repeatedCodes.has(no.code))
      throw new OutcomeUnknown('the core says both that it has booked and that it holds')
    if (repeatedCodes.has(no.code)) return 'done'
    return refusalOf(no, role)
  },
  RELEASE: ({ no, found, role }) => {
    if (found === 'booked') throw new Error('the core has booked what was to be released')
    if (found === 'released' || (no.code === holdMissingCode && found === 'nothing')) return 'done'
    return refusalOf(no, role)
  },
} as const satisfies Record<Action, (denied: Denied) => 'done' | Refusal>

/** A no in the hub's words; the code goes into the description, for a person. */
export function refusalOf({ status, code }: CoreNo, role: Role): Refusal {
  return refusal(reasonOfCode(code, role), `the core answered ${status} ${code}`.trimEnd())
}
