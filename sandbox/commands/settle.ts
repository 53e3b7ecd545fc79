import { balanceBooks } from '../books/balance.ts'
import { collectBooksAtRest, type LabUrls } from '../books/collect.ts'
import { areRight } from '../books/print.ts'
import type { Clock } from '../clock.ts'
import type { HttpClient } from '../http.ts'
import { settleLab } from '../lab/settlement.ts'
import { alignTable, type Terminal } from '../terminal.ts'

type SettlePorts = { readonly http: HttpClient; readonly clock: Clock; readonly terminal: Terminal }

const restMsMax = 5_000

/** Settles the lab, tells who paid what, and sums the books again; true if nothing differs. */
export async function showSettlement(urls: LabUrls, ports: SettlePorts): Promise<boolean> {
  const { http, terminal } = ports
  const bookings = await settleLab(urls, http)
  if (bookings.length === 0) terminal.line('Nothing to settle: no position is open.')
  const rows = bookings.map(({ bank, currency, amount, reference }) => {
    const words = amount.startsWith('-') ? 'paid' : 'got'
    const figure = { text: amount.replace('-', ''), right: true }
    return [{ text: reference }, { text: bank }, { text: words }, figure, { text: currency }]
  })
  for (const line of alignTable(rows, (text) => text)) terminal.line(`  ${line}`)
  const isRight = areRight(balanceBooks(await collectBooksAtRest(urls, ports, restMsMax)))
  terminal.line(
    isRight
      ? 'All positions are settled to zero, and the books are right.'
      : 'THE BOOKS DIFFER: npm run books shows where.',
  )
  return isRight
}
