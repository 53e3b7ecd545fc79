import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { makeDataFolder, type DataFolder } from '../support/data-folder.ts'
import { startVirtualLab, type VirtualLab } from '../support/virtual-lab.ts'
import {
  aTransfer,
  expectBooksRight,
  legsOf,
  mend,
  openProblems,
  post,
  settle,
  wait,
  watchBalance,
  type BankName,
  type Order,
} from '../support/journey.ts'

let lab: VirtualLab
let folder: DataFolder

beforeAll(async () => {
  folder = makeDataFolder()
  lab = await startVirtualLab({ dataDir: folder.path })
})
afterEach(async () => {
  lab.power.cutAt(Infinity)
  for (const party of ['switch', 'heron', 'weaver', 'ibis'] as const) await mend(lab, party)
  await expectBooksRight(lab)
})
afterAll(async () => {
  await lab.close()
  folder.remove()
})

/** The client sends until it is answered, under one key. */
async function sendSurely(order: Order, darkMs: number): Promise<string> {
  for (;;) {
    const answer = await post(lab, order).catch(() => undefined)
    if (answer?.status === 200) return answer.body.transactionId
    await restartIfCut(darkMs)
  }
}

let cutCount = 0

async function restartIfCut(afterMs: number): Promise<boolean> {
  if (!lab.power.isCut()) return false
  cutCount++
  await wait(lab, afterMs)
  await lab.restartHub()
  lab.power.cutAt(Infinity)
  return true
}

type Journey = {
  readonly order: Parameters<typeof aTransfer>[0]
  /** How long the hub stays dark. */
  readonly darkMs: number
  readonly cutsAt: number
}

/** One transfer, the power cut at a boundary of it, if it has that many. */
async function carryThroughCut({ order, darkMs, cutsAt }: Journey) {
  const correlationId = lab.clock.uuid()
  const cutsBefore = cutCount
  lab.power.cutAt(cutsAt)
  const id = await sendSurely(aTransfer({ ...order, correlationId }), darkMs)
  for (let ms = 0; ms < 3_000; ms += 5) {
    await wait(lab, 5)
    if (await restartIfCut(darkMs)) break
    if (ms % 50 === 45 && (await isSettled(id))) break
  }
  lab.power.cutAt(Infinity)
  return { ...(await settle(lab, id)), id, wasCut: cutCount > cutsBefore }
}

async function isSettled(id: string): Promise<boolean> {
  const legs = await legsOf(lab, id).catch(() => [])
  return legs.length > 0 && legs.every(({ state }) => state === 'committed' || state === 'aborted')
}

/** Every n-th boundary, of each journey others: all of them take minutes, and on servers hours. */
const strideOf = ({ slackMs }: VirtualLab): number => (slackMs === 0 ? 11 : 37)

describe.each([
  { name: 'between two banks', order: { amount: '1' }, ends: 'committed', cost: 600, first: 1 },
  {
    name: 'within one bank',
    order: { from: 'ibis', payer: 2, to: 'ibis', payee: 3, amount: '1' },
    ends: 'committed',
    cost: 400,
    first: 3,
  },
  {
    name: 'that the payee refuses',
    order: { from: 'ibis', payer: 2, to: 'weaver', payee: 7 },
    ends: 'aborted',
    cost: 0,
    first: 5,
  },
  {
    name: 'that the switch refuses',
    order: { from: 'ibis', payer: 4, to: 'kingfisher', amount: '420000', currency: 'UGX' },
    ends: 'aborted',
    cost: 0,
    first: 7,
  },
] as const)('a transfer $name, the power cut at each boundary in turn', (journey) => {
  const { order, ends, cost, first } = journey
  const { from = 'heron', payer = 1, currency = 'KES' } = { ...order } as Named

  it('and back at once: it ends as it would have, or before any money was held, once', async () => {
    const paid = await watchBalance(lab, from, payer, currency)
    const endings: string[] = []
    for (let cutsAt = first; ; cutsAt += strideOf(lab)) {
      const leg = await carryThroughCut({ order, darkMs: 0, cutsAt })
      endings.push(leg.state)
      // Whom the hub did not answer while it was dark may have told so: nothing was held then.
      const wasUnreachable = leg.reason === 'payee-fsp-unavailable'
      // A broker gives the dead hub's job to the next when its time is over, and that may be past the expiration.
      const cameLate = lab.slackMs > 0 && leg.wasCut && leg.state === 'aborted'
      if (!wasUnreachable && !cameLate)
        expect({ cutsAt, state: leg.state }).toEqual({ cutsAt, state: ends })
      expect(await openProblems(lab, leg.id)).toEqual([])
      if (!leg.wasCut) break
    }
    expect(endings.length).toBeGreaterThan(lab.slackMs === 0 ? 4 : 1)
    expect(await paid()).toBeCloseTo(-cost * count(endings, 'committed'))
  }, 300_000)

  it('and back after the expiration: it ends, one way or the other, once', async () => {
    const paid = await watchBalance(lab, from, payer, currency)
    const endings: string[] = []
    for (let cutsAt = first; ; cutsAt += 3 * strideOf(lab)) {
      const leg = await carryThroughCut({ order, darkMs: 50_000, cutsAt })
      endings.push(leg.state)
      expect(await openProblems(lab, leg.id)).toEqual([])
      if (!leg.wasCut) break
    }
    expect(await paid()).toBeCloseTo(-cost * count(endings, 'committed'))
  }, 300_000)
})

function count(endings: readonly string[], state: string): number {
  return endings.filter((each) => each === state).length
}

type Named = {
  readonly from?: BankName
  readonly payer?: number
  readonly currency?: string
}
