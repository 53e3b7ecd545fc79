import { createSystemClock } from '../../sandbox/clock.ts'
import { createSocketNetwork } from '../../sandbox/http.ts'
import { sendJson, type JsonRequest } from '../../sandbox/json-client.ts'
import type { LabAddresses } from './lab-program.ts'

const network = createSocketNetwork()
const clock = createSystemClock()

/** What came back; the body is what the test knows it to be. */
export type LabAnswer = { readonly status: number; readonly body: any }

/** Asks a party of a lab that runs as a process, over sockets. */
export function askLab(
  method: JsonRequest['method'],
  url: string,
  more: Pick<JsonRequest, 'headers' | 'body'> = {},
): Promise<LabAnswer> {
  return sendJson(network, { method, url, ...more })
}

/** An order from the n-th customer of one bank to the m-th of another: heron's first to weaver's second otherwise. */
export type LabOrder = {
  readonly key: string
  readonly from?: 'heron' | 'weaver' | 'ibis' | 'kingfisher'
  readonly payer?: number
  readonly to?: 'heron' | 'weaver' | 'ibis' | 'kingfisher'
  readonly payee?: number
  readonly amount?: string
}

const prefixes = { heron: '254710', weaver: '254720', ibis: '254730', kingfisher: '254740' }

function partyOf(bank: keyof typeof prefixes, n: number): object {
  const partyIdentifier = `${prefixes[bank]}00000${String(n)}`
  return { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier } }
}

/** Sends an order that must be taken in; its transaction id. Throws when nobody answers. */
export async function sendOrder({ hub }: LabAddresses, order: LabOrder): Promise<string> {
  const { key, from = 'heron', payer = 1, to = 'weaver', payee = 2, amount = '100.5' } = order
  const { status, body } = await askLab('POST', `${hub}/channel/transfer`, {
    headers: { 'platform-tenantid': from, 'x-correlationid': key },
    body: {
      payer: partyOf(from, payer),
      payee: partyOf(to, payee),
      amount: { amount, currency: 'KES' },
    },
  })
  if (status !== 200) throw new Error(`${key} was answered ${String(status)}`)
  return body.transactionId
}

/** What its client is told of a transfer: RECEIVED, RESERVED, COMMITTED, ABORTED, or undefined when it is unknown. */
export async function stateOf(
  { hub }: LabAddresses,
  id: string,
  tenant = 'heron',
): Promise<string | undefined> {
  const headers = { 'platform-tenantid': tenant }
  return (await askLab('GET', `${hub}/channel/transfer/${id}`, { headers })).body?.transferState
}

/** Every customer's balance, by "heron 254710000001 KES". */
export async function balancesOf({ banks }: LabAddresses): Promise<Record<string, string>> {
  const balances: Record<string, string> = {}
  for (const [bank, url] of Object.entries(banks)) {
    const { body } = await askLab('GET', `${url}/lab/customers`)
    for (const { msisdn, accounts } of body.customers)
      for (const { currency, balance } of accounts) {
        balances[`${bank} ${String(msisdn)} ${String(currency)}`] = balance
      }
  }
  return balances
}

/** Waits until a question is answered with yes; throws after `waitMsMax`. */
export async function untilSo(
  isSo: () => boolean | Promise<boolean>,
  { waitMsMax = 30_000, pauseMs = 50 } = {},
): Promise<void> {
  const endsAt = clock.now() + waitMsMax
  while (!(await isSo())) {
    if (clock.now() >= endsAt) throw new Error(`not so within ${String(waitMsMax)} ms`)
    await pause(pauseMs)
  }
}

/** Lets real time pass, for what happens in another process. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve)
  })
}

/** What a lab's parties say of themselves is asked over these. */
export const labPorts = { http: network, clock }
