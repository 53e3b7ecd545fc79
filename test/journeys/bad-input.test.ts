import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { balanceBooks, isAtRest } from '../../sandbox/books/balance.ts'
import { collectBooksAtRest } from '../../sandbox/books/collect.ts'
import type { BooksFacts } from '../../sandbox/books/facts.ts'
import type { HttpResponse } from '../../sandbox/http.ts'
import { byClients, byOperators, byPlayers, byTellers } from '../support/hostile/insiders.ts'
import { byPeers, direct, overhear, type Overheard } from '../support/hostile/peers.ts'
import { byStrangers, type HostileRequest } from '../support/hostile/strangers.ts'
import {
  ask,
  aTransfer,
  carry,
  fault,
  mend,
  send,
  sentTo,
  settle,
  status,
  until,
  wait,
} from '../support/journey.ts'
import { remark } from '../support/remark.ts'
import { startVirtualLab, whileTimePasses, type VirtualLab } from '../support/virtual-lab.ts'

/** The same requests every time; another seed, other requests. */
const seed = 20_260_731
const batchSize = 50
const shareOnServers = 10

const errors: object[] = []
let lab: VirtualLab
let overheard: Overheard
let before: BooksFacts
let sentCount = 0
/** Answers by status, of one storm. */
let answered = new Map<number, number>()

beforeAll(async () => {
  const error = (fields: object): void => void errors.push(fields)
  lab = await startVirtualLab({
    direct: [direct],
    log: { info: () => undefined, warn: () => undefined, error },
  })
  await carry(lab, aTransfer())
  await carry(lab, aTransfer({ from: 'ibis', to: 'kingfisher', currency: 'UGX', amount: '500' }))
  const { body } = aTransfer({ from: direct, to: 'ibis', payee: 3 })
  const url = `${lab.banks[direct] ?? ''}/lab/transfers`
  expect(await ask(lab, { method: 'POST', url, body })).toMatchObject({ status: 200 })
  await wait(lab, 5_000)
  await carry(lab, aTransfer({ payee: 7 }))
  overheard = overhear(lab)
  before = await booksAtRest()
})
afterAll(() => lab.close())

describe('a lab that is sent anything at all', () => {
  it('never fails at it, whoever sends it and wherever to', async () => {
    await storm(byStrangers, 8_000)
    await expectUnharmed()
  }, 300_000)

  it('moves no money for who knows passwords but names nobody, or asks for what cannot be', async () => {
    await storm(byTellers(await knownAccounts()), 1_500)
    await storm(byOperators(await accountsAtSwitch()), 1_000)
    await storm(byPlayers, 500)
    await storm(byClients, 500)
    await expectUnharmed()
  }, 300_000)

  it('moves no money for members of the scheme who sign lies, or repeat what was true once', async () => {
    await storm(byPeers(lab, overheard), 2_000)
    // Enough of them get past the signature to reach those who must see through them.
    expect((answered.get(200) ?? 0) + (answered.get(202) ?? 0)).toBeGreaterThan(fewest(200))
    await expectUnharmed()
  }, 300_000)

  it('has been sent more than ten thousand requests', () => {
    expect(sentCount).toBeGreaterThan(fewest(10_000))
  })
})

describe('a payment that is under way while its members lie about it', () => {
  it('ends as if nobody had: once, at the switch as at both cores', async () => {
    const from = lab.network.traffic.length
    await fault(lab, 'switch', { on: 'put-transfers', do: 'silence', times: 1 })
    const held = await send(lab, aTransfer({ from: 'weaver', to: 'heron', amount: '77' }))
    await wait(lab, 600)
    await until(lab, async () => sentTo(lab, 'switch', /^PUT .transfers/, from).length > 0)
    await fault(lab, 'switch', { on: 'post-transfers', do: 'silence', forever: true })
    const unheard = await send(lab, aTransfer({ from: 'heron', to: 'ibis', amount: '88' }))
    await wait(lab, 600)
    await until(lab, async () => sentTo(lab, 'switch', /^POST .transfers$/, from).length > 1)
    const under = overhear(lab, from)
    const ids = [held, unheard]
    const lies = byPeers(lab, { ...under, transferIds: ids, sent: under.sent.slice(-6) })
    await storm(lies.filter(isNoPartOfIt), 500)
    await mend(lab, 'switch')
    for (const id of ids) expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
    await expectUnharmed([held, unheard])
  }, 300_000)
})

/**
 * What the switch says is true by definition. It aborts what anybody but the payee answers, as the OSS switch does, so
 * nobody may lie to it, nor have another FSP answer a prepare of this id that it never sent.
 */
function isNoPartOfIt({ target, method, path, headers }: HostileRequest): boolean {
  if (method === 'POST' && path.endsWith('/transfers')) return false
  return target !== 'switch' && headers['fspiop-source'] !== 'switch'
}

/** Most requests are refused before they come to engine or store: on servers a tenth of them says as much. */
function fewest(count: number): number {
  return lab.slackMs === 0 ? count : count / shareOnServers
}

async function storm(requests: fc.Arbitrary<HostileRequest>, all: number): Promise<void> {
  const count = fewest(all)
  answered = new Map()
  const batches = fc.array(requests, { minLength: batchSize, maxLength: batchSize })
  await fc.assert(
    fc.asyncProperty(batches, async (batch) => {
      sentCount += batch.length
      const answers = await whileTimePasses(lab.clock, Promise.all(batch.map(request)))
      for (const answer of answers) note(answer)
      expect(batch.flatMap((each, n) => failureOf(each, answers[n]!))).toEqual([])
    }),
    { seed, numRuns: count / batchSize, interruptAfterTimeLimit: 60_000, endOnFailure: true },
  )
  remark(
    `seed ${seed}: ${count} requests were answered ${JSON.stringify(Object.fromEntries(answered))}`,
  )
}

function note(answer: HttpResponse | Error): void {
  const status = answer instanceof Error ? 0 : answer.status
  answered.set(status, (answered.get(status) ?? 0) + 1)
}

function urlOf({ target, path }: HostileRequest): string {
  const base = target === 'hub' ? lab.hub : target === 'switch' ? lab.switch : lab.banks[target]!
  return base + path
}

function request(hostile: HostileRequest): Promise<HttpResponse | Error> {
  const { method, headers, bytes } = hostile
  return lab.network
    .send({ method, url: urlOf(hostile), headers, bytes, timeoutMs: 10_000 })
    .catch((failure: unknown) => (failure instanceof Error ? failure : new Error(String(failure))))
}

/** 501 is what FSPIOP says of a resource that is not served (2002); no answer at all is a failure too. */
function failureOf(hostile: HostileRequest, answer: HttpResponse | Error): readonly string[] {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8').slice(0, 400)
  const isRight =
    !(answer instanceof Error) &&
    (answer.status < 500 || (answer.status === 501 && text(answer.bytes).includes('"2002"')))
  if (isRight) return []
  const { target, method, path, headers, bytes } = hostile
  const said = answer instanceof Error ? answer.message : `${answer.status} ${text(answer.bytes)}`
  return [`${target} ${method} ${path} ${JSON.stringify(headers)} ${text(bytes)} → ${said}`]
}

async function booksAtRest(): Promise<BooksFacts> {
  const ports = { http: lab.network, clock: lab.clock }
  const facts = await whileTimePasses(lab.clock, collectBooksAtRest(lab, ports, 180_000), 200_000)
  expect(isAtRest(facts)).toBe(true)
  return facts
}

/** No account has changed but by the orders of these transfers; and the next order is carried out. */
async function expectUnharmed(ordered: readonly string[] = []): Promise<void> {
  expect(errors).toEqual([])
  const after = await booksAtRest()
  expect(balanceBooks(after).filter(({ isRight }) => !isRight)).toEqual([])
  if (ordered.length === 0) {
    expect(after.banks).toEqual(before.banks)
    expect(owing(after)).toEqual(owing(before))
  }
  expect(unordered(after, ordered)).toEqual([])
  const id = await send(lab, aTransfer({ from: 'ibis', payer: 2, to: 'weaver', payee: 3 }))
  await settle(lab, id)
  expect(await status(lab, id, 'ibis')).toMatchObject({ transferState: 'COMMITTED' })
  before = await booksAtRest()
}

/** Who joins the scheme owes nothing. */
function owing({ switch: { positions } }: BooksFacts): typeof positions {
  return positions.filter(({ position, settled }) => position !== 0n || settled !== 0n)
}

/** Transfers that were not there before, and that somebody takes for more than refused. */
function unordered(after: BooksFacts, ordered: readonly string[]): readonly string[] {
  const known = new Set([...alive(before), ...ordered])
  return alive(after).filter((id) => !known.has(id))
}

function alive({ hub, switch: atSwitch, banks }: BooksFacts): readonly string[] {
  return [
    ...[...hub.legs, ...atSwitch.transfers].filter(({ state }) => state !== 'ABORTED'),
    ...banks.flatMap(({ transfers }) => transfers).filter(({ outcome }) => outcome !== 'released'),
  ].map(({ transferId }) => transferId)
}

async function knownAccounts() {
  const known: Record<string, { id: string; accountId: string }[]> = {}
  for (const [bank, url] of Object.entries(lab.banks)) {
    const { body } = await ask(lab, { method: 'GET', url: `${url}/lab/customers` })
    known[bank] = body.customers.flatMap(({ accounts }: any) =>
      accounts.map(({ accountId }: any, n: number) => ({ id: String(n + 1), accountId })),
    )
  }
  return known
}

async function accountsAtSwitch(): Promise<readonly string[]> {
  const url = `${lab.switch}/admin/participants/heron/accounts`
  const { body } = await ask(lab, { method: 'GET', url })
  return body.map(({ id }: { id: number }) => String(id))
}
