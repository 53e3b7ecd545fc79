import { balanceBooks } from '../books/balance.ts'
import { collectBooksAtRest, type LabUrls } from '../books/collect.ts'
import { areRight, booksJson, printBooks } from '../books/print.ts'
import type { Clock } from '../clock.ts'
import type { HttpClient } from '../http.ts'
import { bankNames } from '../seed.ts'
import type { Terminal } from '../terminal.ts'

/** Where the parties of a lab at this base port answer (ARCHITECTURE.md §8). */
export function urlsAt(basePort: number): LabUrls {
  const at = (offset: number): string => `http://127.0.0.1:${basePort + offset}`
  const banks = bankNames.map((bank, index) => [bank, at(201 + index)] as const)
  return { hub: at(0), switch: at(100), banks: Object.fromEntries(banks) }
}

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
