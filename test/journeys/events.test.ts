import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { nextState, type TransferEvent, type TransferState } from '../../hub/domain/transfer.ts'
import type { EventStream, LegEvent } from '../../hub/events/event-stream.ts'
import { createInProcessStream } from '../../hub/events/in-process-stream.ts'
import { makeDataFolder, type DataFolder } from '../support/data-folder.ts'
import { startVirtualLab, type VirtualLab } from '../support/virtual-lab.ts'
import {
  ask,
  aTransfer,
  carry,
  expectBooksRight,
  fault,
  legsOf,
  send,
  settle,
  until,
  wait,
  type Leg,
} from '../support/journey.ts'

/** The hub's own stream, behind a door that a test can shut, and with an ear at it. */
function aWatchedStream() {
  let inner = createInProcessStream()
  const watched = {
    isAway: false,
    told: [] as LegEvent[],
    /** Runs once, after the next events were taken in and before anybody hears of it. */
    afterNext: undefined as (() => void) | undefined,
    publish: async (events: readonly LegEvent[]) => {
      if (watched.isAway) throw new Error('the stream is away')
      await inner.publish(events)
      watched.told.push(...events)
      const { afterNext } = watched
      watched.afterNext = undefined
      if (afterNext === undefined) return
      afterNext()
      await new Promise(() => undefined)
    },
    subscribe: (...args: Parameters<EventStream['subscribe']>) => inner.subscribe(...args),
    // A hub that starts again opens a stream of its own.
    close: async () => {
      inner = createInProcessStream()
    },
  }
  return watched
}

let lab: VirtualLab
let folder: DataFolder
let stream: ReturnType<typeof aWatchedStream>

beforeEach(async () => {
  folder = makeDataFolder()
  stream = aWatchedStream()
  lab = await startVirtualLab({ dataDir: folder.path, stream })
})
afterEach(async () => {
  await expectBooksRight(lab)
  await lab.close()
  folder.remove()
})

function eventsOf(leg: Pick<Leg, 'fspId' | 'role'>, transferId: string): readonly LegEvent[] {
  return stream.told.filter(
    ({ key }) => key.transferId === transferId && key.fspId === leg.fspId && key.role === leg.role,
  )
}

/** Every line of the timeline once and in order, and every state by one legal move after the other. */
async function expectAllTold(id: string): Promise<void> {
  for (const leg of await legsOf(lab, id)) {
    const events = eventsOf(leg, id)
    expect(events.map(({ sequence }) => sequence)).toEqual(leg.timeline.map((_, n) => n + 1))
    expect(events.map(({ entry }) => `${entry.step} ${entry.outcome} ${entry.detail}`)).toEqual(
      leg.timeline.map(({ step, outcome, detail }) => `${step} ${outcome} ${detail}`),
    )
    expect(events.at(-1)).toMatchObject({ state: leg.state })
    const states = events.map(({ state }) => state)
    states.slice(1).forEach((state, n) => expect(movesOf(states[n]!)).toContain(state))
  }
}

const everyEvent = [
  'refused',
  'quoted',
  'reserved',
  'reservation-unknown',
  'outcome-unknown',
  'commit-decided',
  'release-decided',
  'booking-refused',
  'booked',
  'released',
] as const satisfies readonly TransferEvent[]

/** The state itself, and where one event may lead from it. */
function movesOf(state: TransferState): readonly TransferState[] {
  const moves = everyEvent.map((event) => nextState(state, event))
  return [state, ...moves.flatMap((next) => (next.kind === 'moved' ? [next.state] : []))]
}

async function statistics(): Promise<readonly Record<string, unknown>[]> {
  const answer = await ask(lab, { method: 'GET', url: `${lab.hub}/operations/statistics` })
  expect(answer.status).toBe(200)
  return answer.body.days
}

describe('what happens to a transfer', () => {
  it('is told line by line, and each state by one move after the other, whatever went wrong', async () => {
    const plain = await carry(lab, aTransfer())
    const within = await carry(lab, aTransfer({ to: 'heron', payee: 3 }))
    const poor = await carry(lab, aTransfer({ payer: 8 }))
    const nobody = await carry(lab, aTransfer({ payee: 9 }))
    await fault(lab, 'heron', { on: 'prepare', do: 'commit-then-hang' })
    const hung = await carry(lab, aTransfer({ amount: '3' }))
    await fault(lab, 'switch', { on: 'put-transfers', do: 'silence', times: 20 })
    const silent = await carry(lab, aTransfer({ amount: '4' }))
    await wait(lab, 1_000)
    expect([plain, within, poor, nobody].map(({ state }) => state)).toEqual([
      'committed',
      'committed',
      'aborted',
      'aborted',
    ])
    for (const { id } of [plain, within, poor, nobody, hung, silent]) await expectAllTold(id)
  })

  it('delays no payment and is told afterwards, in order, when the stream is away for ten minutes', async () => {
    stream.isAway = true
    const legs = []
    for (let n = 1; n <= 5; n++) legs.push(await carry(lab, aTransfer({ payer: n, payee: n })))
    expect(legs.map(({ state }) => state)).toEqual(Array(5).fill('committed'))
    await wait(lab, 600_000)
    expect(stream.told).toEqual([])
    expect(await statistics()).toEqual([])
    stream.isAway = false
    await wait(lab, 31_000 + lab.slackMs)
    for (const { id } of legs) await expectAllTold(id)
    expect(await statistics()).toMatchObject([
      { fspId: 'heron', role: 'payer', received: 5, committed: 5, amount: '502.5', aborted: [] },
      { fspId: 'weaver', role: 'payee', received: 5, committed: 5, amount: '502.5', aborted: [] },
    ])
  })

  it('is told again and counted once when the power fails between telling it and noting that', async () => {
    const id = await send(lab, aTransfer())
    await settle(lab, id)
    await wait(lab, 1_000)
    const before = stream.told.length
    stream.afterNext = () => lab.power.cut()
    const other = await send(lab, aTransfer({ payer: 2 }))
    await until(lab, async () => stream.told.length > before)
    await lab.restartHub()
    lab.power.cutAt(Infinity)
    await settle(lab, other)
    await wait(lab, 1_000)
    const ids = stream.told.map((event) => event.id)
    expect(new Set(ids).size).toBeLessThan(ids.length)
    for (const leg of await legsOf(lab, other)) {
      const once = [...new Set(eventsOf(leg, other).map(({ sequence }) => sequence))]
      expect(once).toEqual(leg.timeline.map((_, n) => n + 1))
    }
    expect(await statistics()).toMatchObject([
      { fspId: 'heron', received: 2, committed: 2, amount: '201' },
      { fspId: 'weaver', received: 2, committed: 2, amount: '201' },
    ])
  })
})
