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
  const banks: {
    readonly bank: string
    readonly url: string
    readonly customers: readonly Customer[]
  }[] = []
  for (const [bank, url] of Object.entries(lab.banks)) {
    banks.push({ bank, url, customers: await customersOf(url, http) })
  }
  const urls = [
    ['hub', lab.hub, 'channel API, operations, /openapi.json'],
    ['switch', lab.switch, 'FSPIOP, and its admin API under /admin'],
    ...banks.map(({ bank, url, customers }) => [bank, url, bankWords(customers)]),
  ]
  terminal.line(terminal.paint('The lab is ready.', 'good'))
  terminal.line()
  const rows = urls.map(([name = '', url = '', what = '']): readonly Cell[] => [
    { text: name, colour: 'bold' },
    { text: url },
    { text: what, colour: 'dim' },
  ])
  for (const line of alignTable(rows, terminal.paint)) terminal.line(`  ${line}`)
  for (const { bank, customers } of banks.filter((each) => each.customers.length > 0)) {
    terminal.line()
    terminal.line(terminal.paint(`${bank}'s customers`, 'bold'))
    for (const line of alignTable(customers.map(customerCells), terminal.paint)) {
      terminal.line(`  ${line}`)
    }
  }
}

function bankWords(customers: readonly Customer[]): string {
  return customers.length > 0 ? "Fineract's API, and /lab" : 'another system in its place'
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
