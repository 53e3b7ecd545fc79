import type { DemoRow } from '../../../sandbox/demo/parse-rows.ts'
import type { Outcome } from '../../../sandbox/demo/outcome.ts'
import { sendRow } from '../../../sandbox/demo/send-row.ts'
import { bankNames, readBankSeed } from '../../../sandbox/seed.ts'
import { labPorts } from '../../support/lab-client.ts'

/** One transfer as its client saw it. */
export type Sent = { readonly outcome: Outcome; readonly tookMs: number }

/** What is sent, and who hears of each end. */
export type Load = {
  readonly count: number
  readonly inFlight: number
  readonly onEnded?: (endedCount: number) => void
}

/** A client asks and sends again for as long as this; a kill takes less. */
const patience = { endMsMax: 240_000, sendTriesMax: 120 }

/**
 * Sends transfers between all pairs of banks and many customers, a number at once, as a client does that repeats what was
 * not answered, under the same id, and asks until it knows the end.
 */
export async function sendLoad(hub: string, load: Load): Promise<readonly Sent[]> {
  const { count, inFlight, onEnded = () => undefined } = load
  const sent: Sent[] = []
  const door = { url: `${hub}/channel/transfer` }
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      const startedAt = labPorts.clock.now()
      const outcome = await sendRow(rowOf(next++), { door, patience }, labPorts)
      sent.push({ outcome, tookMs: labPorts.clock.now() - startedAt })
      onEnded(sent.length)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  return sent
}

/** Payer and payee change with n, so that no account and no pair of banks is favoured. */
function rowOf(n: number): DemoRow {
  const payerFsp = bankNames[n % 4]!
  const payeeFsp = bankNames[(n + 1 + (Math.floor(n / 4) % 3)) % 4]!
  return {
    line: n,
    id: `load-${String(n)}`,
    payerFsp,
    payerMsisdn: msisdnOf(payerFsp, Math.floor(n / 12) % 6),
    payeeMsisdn: msisdnOf(payeeFsp, Math.floor(n / 4) % 6),
    amount: `${String(1 + (n % 3))}.25`,
    currency: 'KES',
    expected: { kind: 'state', state: 'COMMITTED' },
  }
}

function msisdnOf(bank: (typeof bankNames)[number], index: number): string {
  return readBankSeed(bank).customers[index]!.msisdn
}
