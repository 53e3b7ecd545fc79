import { expect } from '@jest/globals'
import { balanceBooks } from '../../sandbox/books/balance.ts'
import { collectBooksAtRest } from '../../sandbox/books/collect.ts'
import type { BookLine } from '../../sandbox/books/facts.ts'
import type { Fault } from '../../sandbox/faults.ts'
import type { HttpRequest, HttpResponse } from '../../sandbox/http.ts'
import { sendJson, type JsonAnswer, type JsonRequest } from '../../sandbox/json-client.ts'
import type { FakeClock } from './fake-clock.ts'
import { whileTimePasses, type VirtualLab } from './virtual-lab.ts'

/** One of the lab's four banks. */
export type BankName = 'heron' | 'weaver' | 'ibis' | 'kingfisher'

/** An order as a client of the channel API sends it, and the tenant in whose name. */
export type Order = {
  readonly tenant: BankName
  readonly body: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

type OrderFields = {
  readonly from?: BankName
  readonly payer?: number
  readonly to?: BankName
  readonly payee?: number
  readonly amount?: string
  readonly currency?: string
  readonly amountType?: 'SEND' | 'RECEIVE'
  readonly correlationId?: string
  readonly callbackUrl?: string
}

const prefixes = { heron: '254710', weaver: '254720', ibis: '254730', kingfisher: '254740' }

/** The number of a bank's n-th customer (ARCHITECTURE.md §8). */
export function msisdnOf(bank: BankName, n: number): string {
  return `${prefixes[bank]}00000${String(n)}`
}

const usual = {
  from: 'heron',
  payer: 1,
  to: 'weaver',
  payee: 2,
  amount: '100.5',
  currency: 'KES',
} as const

/** heron's first customer sends 100.50 KES to weaver's second, unless told otherwise. */
export function aTransfer(fields: OrderFields = {}): Order {
  const { from, payer, to, payee, amount, currency, ...more } = { ...usual, ...fields }
  const { amountType, correlationId, callbackUrl } = more
  return {
    tenant: from,
    body: {
      payer: partyOf(from, payer),
      payee: partyOf(to, payee),
      amount: { amount, currency },
      ...(amountType ? { amountType } : {}),
    },
    headers: {
      ...(correlationId === undefined ? {} : { 'x-correlationid': correlationId }),
      ...(callbackUrl === undefined ? {} : { 'x-callbackurl': callbackUrl }),
    },
  }
}

function partyOf(bank: BankName, n: number): object {
  return { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: msisdnOf(bank, n) } }
}

/** Asks anybody in the lab, while time passes. */
export function ask(lab: VirtualLab, request: JsonRequest): Promise<Answer> {
  return whileTimePasses(lab.clock, sendJson(lab.network, request) as Promise<Answer>)
}

/** The body is what the test knows it to be. */
export type Answer = Omit<JsonAnswer, 'body'> & { readonly body: any }

/** Sends an order and returns the whole answer. */
export function post(lab: VirtualLab, order: Order): Promise<Answer> {
  return ask(lab, orderRequest(lab, order))
}

/** The request that carries an order, under a key of its own unless the order has one. */
export function orderRequest(lab: VirtualLab, { tenant, body, headers }: Order): JsonRequest {
  return {
    method: 'POST',
    url: `${lab.hub}/channel/transfer`,
    headers: {
      'platform-tenantid': tenant,
      'x-correlationid': lab.clock.uuid(),
      ...headers,
    },
    body,
  }
}

/** Sends an order that is taken in; its transaction id. */
export async function send(lab: VirtualLab, order: Order): Promise<string> {
  const answer = await post(lab, order)
  expect(answer).toMatchObject({ status: 200, body: { transactionId: expect.any(String) } })
  return answer.body.transactionId
}

/** What a client is told of its transfer. */
export async function status(lab: VirtualLab, id: string, tenant: BankName = 'heron') {
  const url = `${lab.hub}/channel/transfer/${id}`
  return (await ask(lab, { method: 'GET', url, headers: { 'platform-tenantid': tenant } })).body
}

/** One leg as the operations API shows it. */
export type Leg = {
  readonly fspId: string
  readonly role: 'payer' | 'payee'
  readonly state: string
  readonly transferState: string
  readonly reason?: string
  readonly errorInformation?: { readonly errorCode: string; readonly errorDescription: string }
  readonly decision?: string
  readonly inSuspense?: boolean
  readonly expiresAt?: string
  readonly timeline: readonly {
    readonly at: string
    readonly step: string
    readonly party: string
    readonly outcome: string
    readonly detail: string
  }[]
}

/** Both legs of a transfer, the payer's first. */
export async function legsOf(lab: VirtualLab, id: string): Promise<readonly Leg[]> {
  const url = `${lab.hub}/operations/transfers/${id}`
  return (await ask(lab, { method: 'GET', url })).body?.legs ?? []
}

/** One leg, which must be there. */
export async function legOf(lab: VirtualLab, id: string, role: Leg['role']): Promise<Leg> {
  const leg = (await legsOf(lab, id)).find((each) => each.role === role)
  if (!leg) throw new Error(`no ${role}'s leg of ${id}`)
  return leg
}

/** The timeline in short: "reserve-funds done", oldest first. */
export function steps({ timeline }: Leg): readonly string[] {
  return timeline.map(({ step, outcome }) => `${step} ${outcome}`)
}

const settledStates = new Set(['committed', 'aborted', 'booking-owed'])

/** Moves time on until a question is answered with yes; fails the test after `maxVirtualMs`. */
export async function until(
  lab: VirtualLab,
  isSo: () => Promise<boolean>,
  { maxVirtualMs = 300_000, stepMs = 250 } = {},
): Promise<void> {
  const endsAt = lab.clock.now() + maxVirtualMs
  for (;;) {
    if (await isSo()) return
    if (lab.clock.now() >= endsAt) throw new Error(`not so within ${String(maxVirtualMs)} ms`)
    await lab.clock.advance(stepMs)
  }
}

/** Moves time on until every leg of the transfer has ended or is owed; the payer's leg as it is then. */
export async function settle(lab: VirtualLab, id: string, maxVirtualMs = 300_000): Promise<Leg> {
  const isSettled = async (): Promise<boolean> => {
    const legs = await legsOf(lab, id)
    return legs.length > 0 && legs.every(({ state }) => settledStates.has(state))
  }
  try {
    await until(lab, isSettled, { maxVirtualMs })
  } catch {
    throw new Error(`${id} has not settled: ${JSON.stringify(await legsOf(lab, id), null, 1)}`)
  }
  return legOf(lab, id, 'payer')
}

/** Sends an order and sees it through. */
export async function carry(lab: VirtualLab, order: Order): Promise<Leg & { readonly id: string }> {
  const id = await send(lab, order)
  return { ...(await settle(lab, id)), id }
}

/** Breaks something at a bank or the switch, once unless told otherwise. */
export async function fault(
  lab: VirtualLab,
  party: BankName | 'switch',
  broken: Fault & { readonly forever?: true },
): Promise<void> {
  const { forever, ...rest } = broken
  const body = forever ? rest : { times: 1, ...rest }
  const answer = await ask(lab, { method: 'PUT', url: `${urlOf(lab, party)}/lab/faults`, body })
  expect(answer).toMatchObject({ status: 200 })
}

/** Mends all that `fault` broke there. */
export async function mend(lab: VirtualLab, party: BankName | 'switch'): Promise<void> {
  const url = `${urlOf(lab, party)}/lab/faults`
  expect(await ask(lab, { method: 'DELETE', url })).toMatchObject({ status: 200 })
}

function urlOf(lab: VirtualLab, party: BankName | 'switch'): string {
  return (party === 'switch' ? lab.switch : lab.banks[party]) ?? ''
}

/** Host and port of a party, as the fake network's `cut` and `restore` want them. */
export function hostOf(lab: VirtualLab, party: BankName | 'switch' | 'hub'): string {
  return new URL(party === 'hub' ? lab.hub : urlOf(lab, party)).host
}

/** Freezes the accounts of a customer: nothing in, nothing out. */
export async function freeze(
  lab: VirtualLab,
  bank: BankName,
  n: number,
  frozen = true,
): Promise<void> {
  const url = `${urlOf(lab, bank)}/lab/customers/${msisdnOf(bank, n)}`
  expect(await ask(lab, { method: 'PUT', url, body: { frozen } })).toMatchObject({ status: 200 })
}

/** Undoes `freeze`. */
export function unfreeze(lab: VirtualLab, bank: BankName, n: number): Promise<void> {
  return freeze(lab, bank, n, false)
}

/** What a customer has, and what is held of it, as decimal strings. */
export async function balanceOf(
  lab: VirtualLab,
  bank: BankName,
  n: number,
  currency = 'KES',
): Promise<{ readonly balance: string; readonly held: string }> {
  const { body } = await ask(lab, { method: 'GET', url: `${urlOf(lab, bank)}/lab/customers` })
  const customer = body.customers.find((each: any) => each.msisdn === msisdnOf(bank, n))
  const { balance, held } = customer.accounts.find((each: any) => each.currency === currency)
  return { balance, held }
}

/** Takes part in a customer's balance before; how much it has changed after, in minor units, nothing being held. */
export async function watchBalance(
  lab: VirtualLab,
  bank: BankName,
  n: number,
  currency = 'KES',
): Promise<() => Promise<number>> {
  const before = await balanceOf(lab, bank, n, currency)
  return async () => {
    const after = await balanceOf(lab, bank, n, currency)
    expect(Number(after.held)).toBe(Number(before.held))
    return minorUnits(after.balance) - minorUnits(before.balance)
  }
}

function minorUnits(decimal: string): number {
  return Number(decimal.replace('.', ''))
}

/** A person decides. */
export function decide(
  lab: VirtualLab,
  id: string,
  decision: 'commit' | 'release' | 'suspense',
  role: Leg['role'] = 'payer',
): Promise<Answer> {
  return ask(lab, {
    method: 'POST',
    url: `${lab.hub}/operations/transfers/${id}/decision`,
    body: { role, decision, reason: 'asked the other side' },
  })
}

/** What waits for a person about a transfer: the kinds of its open problems. */
export async function openProblems(lab: VirtualLab, id: string): Promise<readonly string[]> {
  const { body } = await ask(lab, { method: 'GET', url: `${lab.hub}/operations/problems` })
  const problems: readonly { transferId: string; kind: string }[] = body.problems
  return problems.filter(({ transferId }) => transferId === id).map(({ kind }) => kind)
}

/** What the switch holds of a transfer; undefined when it does not know it. */
export async function stateAtSwitch(lab: VirtualLab, id: string): Promise<string | undefined> {
  const { body } = await ask(lab, { method: 'GET', url: `${lab.switch}/lab/books` })
  return body.transfers.find((each: any) => each.transferId === id)?.state
}

/** What a bank's core holds of a transfer's leg: HELD, RELEASED, COMMITTED, or undefined. */
export async function stateAtCore(
  lab: VirtualLab,
  bank: BankName,
  id: string,
): Promise<string | undefined> {
  const { body } = await ask(lab, { method: 'GET', url: `${urlOf(lab, bank)}/lab/books` })
  return body.transfers.find((each: any) => each.transferCode === id)?.state
}

/** The lines of the books that are not right, once nothing is on its way any more. */
async function wrongBooks(lab: VirtualLab): Promise<readonly BookLine[]> {
  const { network, clock } = lab
  const collected = collectBooksAtRest(lab, { http: network, clock }, booksWaitMsMax)
  const facts = await whileTimePasses(clock, collected, booksWaitMsMax + 10_000)
  return balanceBooks(facts).filter(({ isRight }) => !isRight)
}

const booksWaitMsMax = 180_000

/** Law 8: sums all books of the lab. */
export async function expectBooksRight(lab: VirtualLab): Promise<void> {
  expect(await wrongBooks(lab)).toEqual([])
}

/** What was sent to a party since `from` (an index of the network's traffic): "PUT /transfers/…", in order. */
export function sentTo(
  lab: VirtualLab,
  party: BankName | 'switch' | 'hub',
  pattern: RegExp,
  from = 0,
): readonly string[] {
  const host = hostOf(lab, party)
  return lab.network.traffic
    .slice(from)
    .filter(({ url }) => new URL(url).host === host)
    .map(({ request }) => `${request.method} ${request.path}`)
    .filter((line) => pattern.test(line))
}

/** A client of the hub's that listens for callbacks, and can be down. */
export type Client = {
  readonly url: string
  readonly received: readonly HttpRequest[]
  /** What the next calls are answered, until told otherwise. */
  answer(status: number): void
}

/** Listens for the hub's callbacks on the lab's network. */
export async function listenAsClient(lab: VirtualLab, port: number): Promise<Client> {
  const received: HttpRequest[] = []
  let answered = 200
  const route = async (request: HttpRequest): Promise<HttpResponse> => {
    received.push(request)
    return { status: answered, headers: {}, bytes: new Uint8Array() }
  }
  const { url } = await lab.network.listen(route, {
    host: '127.0.0.1',
    port,
    bodyBytesMax: 1_000_000,
  })
  return {
    url: `${url}/outcomes`,
    received,
    answer: (status) => {
      answered = status
    },
  }
}

/** Nothing comes sooner than promised, and nothing later than servers need; without servers at that moment. */
export function expectAbout(lab: VirtualLab, ms: number | undefined, promisedMs: number): void {
  expect(ms).toBeGreaterThanOrEqual(promisedMs)
  expect(ms).toBeLessThanOrEqual(promisedMs + lab.slackMs)
}

/** Lets time pass. */
export function wait(lab: { readonly clock: FakeClock }, ms: number): Promise<void> {
  return lab.clock.advance(ms)
}
