import { z } from 'zod'
import type { Faults } from '../faults.ts'
import type { HttpResponse } from '../http.ts'
import { decimalOf, minorUnitsOf } from '../money.ts'
import { json, problem, readJson, type RoutedRequest, type RouteLine } from '../router.ts'
import { readBooks, readCustomers, type BooksParts } from './books.ts'
import type { AccountState } from './ledger/accounts.ts'
import { integer, text } from './ledger/rows.ts'

/** What the lab routes work with; `now` is the time in ISO 8601. */
export type LabParts = BooksParts & { readonly faults: Faults; readonly now: () => string }

/** The bank's lab API: what a person or a script may ask and do that no core banking system would let them. */
export function labLines(parts: LabParts): readonly RouteLine[] {
  const { faults } = parts
  const faultLine = (method: string): RouteLine => ({
    method,
    path: '/lab/faults',
    route: ({ request }) => faults.route(request),
  })
  return [
    {
      method: 'GET',
      path: '/lab/health',
      route: () => json(200, { bank: parts.name, state: 'up' }),
    },
    { method: 'GET', path: '/lab/books', route: () => json(200, readBooks(parts)) },
    {
      method: 'GET',
      path: '/lab/customers',
      route: () => json(200, { bank: parts.name, customers: readCustomers(parts.accounts) }),
    },
    { method: 'PUT', path: '/lab/customers/:msisdn', route: (routed) => setState(parts, routed) },
    { method: 'POST', path: '/lab/settlements', route: (routed) => settle(parts, routed) },
    ...['PUT', 'GET', 'DELETE'].map(faultLine),
  ]
}

const stateSchema = z
  .strictObject({
    frozen: z.boolean().optional(),
    closed: z.boolean().optional(),
    currency: z.string().optional(),
  })
  .refine(({ frozen, closed }) => frozen !== undefined || closed !== undefined, {
    error: 'say {"frozen": true|false} or {"closed": true|false}',
  })

/** Freezes, closes or reopens all accounts of a customer, or only that of one currency. */
function setState({ accounts }: LabParts, routed: RoutedRequest): HttpResponse {
  const parsed = stateSchema.safeParse(readJson(routed.request))
  if (!parsed.success) return problem(400, sentenceOf(parsed.error))
  const { currency } = parsed.data
  const { msisdn = '' } = routed.params
  const client = accounts.clients().find((each) => each.msisdn === msisdn)
  if (!client) return problem(404, `no customer ${msisdn} here`)
  const chosen = accounts
    .ofClient(client.id)
    .filter((account) => currency === undefined || account.currency === currency)
  if (chosen.length === 0) return problem(404, `${msisdn} has no ${currency ?? ''} account`)
  for (const { id } of chosen) {
    accounts.setState(id, stateOf(parsed.data))
  }
  return json(
    200,
    readCustomers(accounts).find((each) => each.msisdn === msisdn),
  )
}

function stateOf(wish: z.infer<typeof stateSchema>): AccountState {
  if (wish.closed) return 'closed'
  return wish.frozen ? 'frozen' : 'active'
}

const settlementSchema = z.strictObject({
  reference: z.string().min(1).max(100),
  currency: z.string(),
  amount: z.string(),
})

/**
 * Books what the switch settled: paid to the bank when positive, by it when negative. A reference is booked once; again
 * with the same content it answers 200, with other content 409.
 */
function settle(parts: LabParts, routed: RoutedRequest): HttpResponse {
  const parsed = settlementSchema.safeParse(readJson(routed.request))
  if (!parsed.success) return problem(400, sentenceOf(parsed.error))
  const { reference, currency, amount } = parsed.data
  if (!parts.currencies.includes(currency)) return problem(400, `no ${currency} at ${parts.name}`)
  const units = minorUnitsOf(amount, currency)
  if (units === undefined || units === 0n) {
    return problem(400, `amount: a decimal string of ${currency} other than zero`)
  }
  return parts.store.transaction(() => {
    const before = settledBefore(parts, reference)
    if (before) {
      const same = before.currency === currency && before.units === units
      return same
        ? settlementJson(200, { reference, currency, units })
        : problem(409, `settlement ${reference} was booked with other content`)
    }
    if (parts.ledger.balance('cash', currency) + units < 0n) {
      return problem(409, `not that much ${currency} in cash`)
    }
    const legs = [
      { kind: 'cash', amount: units },
      { kind: 'settlement', amount: -units },
    ] as const
    const at = parts.now()
    const journalId = parts.ledger.post({
      at,
      currency,
      reference: `settlement ${reference}`,
      legs,
    })
    const sql =
      'INSERT INTO settlement (reference, currency, amount, journal_id) VALUES (?, ?, ?, ?)'
    parts.store.run(sql, reference, currency, units, journalId)
    return settlementJson(201, { reference, currency, units })
  })
}

type Settlement = { readonly reference: string; readonly currency: string; readonly units: bigint }

function settledBefore(
  { store }: LabParts,
  reference: string,
): Omit<Settlement, 'reference'> | undefined {
  const [row] = store.all('SELECT currency, amount FROM settlement WHERE reference = ?', reference)
  return row && { currency: text(row, 'currency'), units: integer(row, 'amount') }
}

function settlementJson(status: number, { reference, currency, units }: Settlement): HttpResponse {
  return json(status, { reference, currency, amount: decimalOf(units, currency) })
}

function sentenceOf(error: z.ZodError): string {
  return error.issues
    .map((issue) => [issue.path.join('.'), issue.message].filter((part) => part !== '').join(': '))
    .join('; ')
}
