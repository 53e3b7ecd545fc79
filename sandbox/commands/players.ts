import { z } from 'zod'
import { NoResponse, NotSent, type HttpClient } from '../http.ts'
import { sendJson } from '../json-client.ts'
import type { Lab } from '../lab.ts'
import { alignTable, type Cell, type Terminal } from '../terminal.ts'

const customersSchema = z.object({
  customers: z.array(
    z.object({
      name: z.string(),
      msisdn: z.string(),
      accounts: z.array(
        z.object({
          accountId: z.string(),
          currency: z.string(),
          balance: z.string(),
          state: z.string(),
        }),
      ),
    }),
  ),
})

type Customer = z.infer<typeof customersSchema>['customers'][number]

/** Prints who plays: every party's URL, and every bank's customers with their balances as they are now. */
export async function printPlayers(
  lab: Lab,
  { http, terminal }: { readonly http: HttpClient; readonly terminal: Terminal },
): Promise<void> {
  const urls: readonly (readonly [string, string, string])[] = [
    ['hub', lab.hub, 'channel API, operations, /openapi.json'],
    ['switch', lab.switch, 'FSPIOP, and its admin API under /admin'],
    ...Object.entries(lab.banks).map(
      ([bank, url]) => [bank, url, "Fineract's API, and /lab"] as const,
    ),
  ]
  terminal.line(terminal.paint('The lab is ready.', 'good'))
  terminal.line()
  const rows = urls.map(([name, url, what]) => [
    { text: name, colour: 'bold' as const },
    { text: url },
    { text: what, colour: 'dim' as const },
  ])
  for (const line of alignTable(rows, terminal.paint)) terminal.line(`  ${line}`)
  for (const [bank, url] of Object.entries(lab.banks)) {
    const customers = await customersOf(url, http)
    if (customers.length === 0) continue
    terminal.line()
    terminal.line(terminal.paint(`${bank}'s customers`, 'bold'))
    for (const line of alignTable(customers.map(customerCells), terminal.paint)) {
      terminal.line(`  ${line}`)
    }
  }
}

/** None where someone's own system stands in the bank's place, whether it is up yet or not. */
async function customersOf(url: string, http: HttpClient): Promise<readonly Customer[]> {
  try {
    const answer = await sendJson(http, { method: 'GET', url: `${url}/lab/customers` })
    const read = customersSchema.safeParse(answer.body)
    return read.success ? read.data.customers : []
  } catch (failure) {
    if (failure instanceof NotSent || failure instanceof NoResponse) return []
    throw failure
  }
}

function customerCells({ name, msisdn, accounts }: Customer): readonly Cell[] {
  return [
    { text: msisdn },
    { text: name },
    ...accounts.flatMap(({ currency, balance, state }): readonly Cell[] => [
      { text: balance, right: true },
      { text: state === 'active' ? currency : `${currency} ${state}` },
    ]),
  ]
}
