import { z } from 'zod'
import { createBank, type Bank } from '../../../sandbox/bank/bank.ts'
import type { BankBooks } from '../../../sandbox/bank/books.ts'
import { readExactJson } from '../../../sandbox/bank/fineract/json.ts'
import { readBankSeed } from '../../../sandbox/seed.ts'
import { openStore, type Store } from '../../../sandbox/store.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'

/** An answer with its JSON; numbers are strings with the digits of the wire. */
export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly text: string
}

/** A bank in memory, and a way to ask it. */
export type BankUnderTest = {
  readonly bank: Bank
  readonly clock: FakeClock
  readonly store: Store
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>
  /** The same below Fineract's base path. A string is sent as it is. */
  api(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>
  books(): BankBooks
}

/** Ibis: four shillings of fee on 100.00 KES minus 60 cents, that is 3.00 + 0.4 %; it holds KES and UGX. */
export function aBank(store: Store = openStore(':memory:')): BankUnderTest {
  const clock = createFakeClock()
  const bank = createBank(readBankSeed('ibis'), { clock, store })
  const ask: BankUnderTest['ask'] = async (method, path, body, headers = {}) => {
    const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)
    const answer = await bank.route({ method, path, headers, bytes: Buffer.from(text) })
    return {
      status: answer.status,
      headers: answer.headers,
      body: readExactJson(answer.bytes),
      text: Buffer.from(answer.bytes).toString('utf8'),
    }
  }
  return {
    bank,
    clock,
    store,
    ask,
    api: (method, path, body, headers) =>
      ask(method, `/fineract-provider/api/v1${path}`, body, { ...credentials, ...headers }),
    books: () => bank.books(),
  }
}

/** The headers that Fineract asks for. */
export const credentials = {
  'fineract-platform-tenantid': 'ibis',
  authorization: `Basic ${Buffer.from('mifos:password').toString('base64')}`,
}

const errorSchema = z.object({
  userMessageGlobalisationCode: z.string(),
  errors: z.array(z.object({ userMessageGlobalisationCode: z.string() })),
})

/** The code that tells what went wrong: the first detail's, or the top one where there is none. */
export function codeOf(answer: Answer): string {
  const error = errorSchema.parse(answer.body)
  return error.errors[0]?.userMessageGlobalisationCode ?? error.userMessageGlobalisationCode
}

/** A transfer's body: 100.00 KES of ibis' first customer, whose fee is 3.40, unless said otherwise. */
export function aTransfer(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    transactionCode: 'tx-1',
    transferCode: 'tr-1',
    accountId: 'ibis-1-KES',
    amount: { amount: '100.00', currency: 'KES' },
    fspFee: { amount: '3.40', currency: 'KES' },
    transactionRole: 'PAYER',
    ...changes,
  }
}
