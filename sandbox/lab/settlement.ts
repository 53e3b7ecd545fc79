import { z } from 'zod'
import type { LabUrls } from '../books/collect.ts'
import type { HttpClient } from '../http.ts'
import { sendJson } from '../json-client.ts'

const settlementsSchema = z.array(
  z.object({
    id: z.number(),
    state: z.string(),
    participants: z.array(
      z.object({
        id: z.string(),
        accounts: z.array(
          z.object({ netSettlementAmount: z.object({ amount: z.string(), currency: z.string() }) }),
        ),
      }),
    ),
  }),
)

/** What one bank got (positive) or paid (negative) in one settlement. */
export type BankSettlement = {
  readonly bank: string
  readonly currency: string
  /** A decimal string; "0" is not booked. */
  readonly amount: string
  /** The bank books each reference once, however often it is told. */
  readonly reference: string
}

/**
 * Closes the switch's open window, settles everything to zero, and has each bank book what it got or paid. It can be
 * repeated: what a bank has booked it books no more, and what it missed it is told again. Throws with one sentence when
 * somebody refuses.
 */
export async function settleLab(
  urls: LabUrls,
  http: HttpClient,
): Promise<readonly BankSettlement[]> {
  await ask(http, { method: 'POST', url: `${urls.switch}/admin/settlements/settle`, body: {} })
  const list = await ask(http, { method: 'GET', url: `${urls.switch}/admin/settlements` })
  const bookings = settlementsSchema.parse(list).flatMap(bookingsOf)
  for (const { bank, ...body } of bookings) {
    const url = urls.banks[bank]
    if (url === undefined)
      throw new Error(`the switch settled with ${bank}, which is not in this lab`)
    await ask(http, { method: 'POST', url: `${url}/lab/settlements`, body })
  }
  return bookings
}

function bookingsOf({
  id,
  state,
  participants,
}: z.infer<typeof settlementsSchema>[number]): readonly BankSettlement[] {
  if (state !== 'SETTLED') return []
  return participants
    .flatMap(({ id: bank, accounts }) =>
      accounts.map(({ netSettlementAmount: { amount, currency } }) => ({
        bank,
        currency,
        amount: negated(amount),
        reference: `settlement-${String(id)}-${currency}`,
      })),
    )
    .filter(({ amount }) => /[1-9]/.test(amount))
}

/** The switch says what a participant pays; a bank books what it gets. */
function negated(amount: string): string {
  return amount.startsWith('-') ? amount.slice(1) : `-${amount}`
}

async function ask(http: HttpClient, request: Parameters<typeof sendJson>[1]): Promise<unknown> {
  const { status, body } = await sendJson(http, request)
  if (status < 200 || status > 299) {
    throw new Error(
      `${request.method} ${request.url} was answered ${String(status)}: ${JSON.stringify(body)}`,
    )
  }
  return body
}
