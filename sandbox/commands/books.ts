import { balanceBooks } from '../books/balance.ts'
import { collectBooksAtRest, type LabUrls } from '../books/collect.ts'
import { areRight, booksJson, printBooks } from '../books/print.ts'
import type { Clock } from '../clock.ts'
import type { HttpClient } from '../http.ts'
import type { Terminal } from '../terminal.ts'

/** Long enough for what is on its way to end; what waits longer is shown as it stands. */
const restMsMax = 5_000

/** Asks a running lab for its books and prints them; true if nothing differs. */
export async function showBooks(
  urls: LabUrls,
  { json }: { readonly json: boolean },
  ports: { readonly http: HttpClient; readonly clock: Clock; readonly terminal: Terminal },
): Promise<boolean> {
  const lines = balanceBooks(await collectBooksAtRest(urls, ports, restMsMax))
  if (json) ports.terminal.line(booksJson(lines))
  else printBooks(ports.terminal, lines, { isBrief: false })
  return areRight(lines)
}
