import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createSystemClock as createHubClock } from '../../hub/clock.ts'
import { createZeebeEngine } from '../../hub/engine/zeebe/zeebe-engine.ts'
import type { WorkflowEngine } from '../../hub/engine/engine.ts'
import { createSocketNetwork as createHubNetwork } from '../../hub/http-server.ts'
import { balanceBooks, isAtRest } from '../../sandbox/books/balance.ts'
import { collectBooks, collectBooksAtRest } from '../../sandbox/books/collect.ts'
import { createSystemClock } from '../../sandbox/clock.ts'
import { createSocketNetwork } from '../../sandbox/http.ts'
import { startLab, type Lab } from '../../sandbox/lab.ts'
import { startZeebe, type ZeebeServer } from '../../sandbox/servers/zeebe.ts'
import {
  balancesOf,
  labPorts,
  pause,
  sendOrder,
  stateOf,
  untilSo,
  type LabOrder,
} from '../support/lab-client.ts'
import { remark } from '../support/remark.ts'
import { silentLog } from '../support/silent-log.ts'
import { serverPorts } from './support/server-ports.ts'

let server: ZeebeServer
let lab: Lab
const folder = mkdtempSync(join(tmpdir(), 'kivuko-zeebe-lab-'))

beforeAll(async () => {
  server = await startZeebe({}, serverPorts)
  const clock = createHubClock()
  const network = createHubNetwork({ clock, log: silentLog })
  const engine = createZeebeEngine(server, { clock, log: silentLog })
  lab = await startLab(
    { basePort: 0, dataDir: folder },
    {
      hub: { network, clock, log: silentLog, engine: watched(engine) },
      sandbox: { network: createSocketNetwork(), clock: createSystemClock() },
    },
  )
}, 600_000)
afterAll(async () => {
  await lab.close()
  await server.stop()
  rmSync(folder, { recursive: true })
}, 60_000)

let jobCount = 0

/** Counts jobs. Those that a broker gave away just as it was killed come back after their time, and five minutes are long for a test. */
function watched(engine: WorkflowEngine): WorkflowEngine {
  return {
    ...engine,
    work: (type, handler, options) =>
      engine.work(
        type,
        (job) => {
          jobCount++
          return handler(job)
        },
        { ...options, timeoutMs: 20_000 },
      ),
  }
}

const banks = ['heron', 'weaver', 'ibis', 'kingfisher'] as const

describe('the lab, with the workflows on Zeebe', () => {
  it('commits a transfer', async () => {
    const before = await balancesOf(lab)
    const id = await sendOrder(lab, { key: 'on-zeebe' })
    await untilSo(async () => (await stateOf(lab, id)) === 'COMMITTED')
    await expectRightBooks()
    const after = await balancesOf(lab)
    const payee = Object.keys(after).find((name) => name.startsWith('weaver 254720000002 KES'))!
    expect(cents(after[payee]) - cents(before[payee])).toBe(10_050)
  })

  it('refuses one that the payer cannot pay', async () => {
    const id = await sendOrder(lab, { key: 'too-much-on-zeebe', amount: '99999999' })
    await untilSo(async () => (await stateOf(lab, id)) === 'ABORTED')
    await expectRightBooks()
  })

  it('carries two hundred transfers, at the rate that is printed', async () => {
    const orders = Array.from({ length: 200 }, (_, n): LabOrder & { readonly from: Bank } => ({
      key: `zeebe-rate-${String(n)}`,
      from: banks[n % 4]!,
      payer: (n % 5) + 1,
      to: banks[(n + 1 + (n % 3)) % 4]!,
      payee: 6,
      amount: '1.25',
    }))
    const jobsBefore = jobCount
    const startedAt = performance.now()
    const ids = await Promise.all(orders.map((order) => sendOrder(lab, order)))
    await untilSo(async () => (await countEnded(ids, orders)) === 200, {
      waitMsMax: 100_000,
      pauseMs: 500,
    })
    const seconds = (performance.now() - startedAt) / 1000
    const jobs = jobCount - jobsBefore
    remark(
      `${(200 / seconds).toFixed(1)} transfers/s on Zeebe, the whole lab beside it: ` +
        `${(jobs / seconds).toFixed(0)} jobs/s, ${(jobs / 200).toFixed(1)} for each transfer`,
    )
    await expectRightBooks()
  }, 150_000)

  it('ends fifty transfers, each once, with the broker killed in the middle of them', async () => {
    const orders = Array.from({ length: 50 }, (_, n): LabOrder & { readonly from: Bank } => ({
      key: `zeebe-killed-${String(n)}`,
      from: banks[n % 4]!,
      payer: (n % 5) + 1,
      to: banks[(n + 1 + (n % 3)) % 4]!,
      payee: 6,
      amount: `${String(n + 1)}.25`,
    }))
    const killMs = 500 + (Date.now() % 4000)
    const sending = orders.map((order) => sendOrder(lab, order))
    await pause(killMs)
    await server.kill()
    const ids = await Promise.all(sending)
    const endedBefore = await countEnded(ids, orders)
    await server.start()
    const again = await Promise.all(orders.map((order) => sendOrder(lab, order)))
    expect(again).toEqual(ids)
    await untilSo(async () => isAtRest(await collectBooks(lab, labPorts)), {
      waitMsMax: 200_000,
      pauseMs: 500,
    })
    const states = await Promise.all(ids.map((id, n) => stateOf(lab, id, orders[n]!.from)))
    const committed = states.filter((state) => state === 'COMMITTED').length
    const aborted = states.filter((state) => state === 'ABORTED').length
    remark(
      `killed after ${String(killMs)} ms with ${String(endedBefore)} of 50 ended: ${String(committed)} committed, ${String(aborted)} aborted`,
    )
    expect(committed + aborted).toBe(50)
    expect(committed).toBeGreaterThan(0)
    await expectRightBooks()
    // And the next one goes its way as if nothing had been.
    const id = await sendOrder(lab, { key: 'after-the-kill' })
    await untilSo(async () => (await stateOf(lab, id)) === 'COMMITTED')
  }, 300_000)
})

type Bank = (typeof banks)[number]

async function countEnded(
  ids: readonly string[],
  orders: readonly { readonly from: Bank }[],
): Promise<number> {
  const states = await Promise.all(ids.map((id, n) => stateOf(lab, id, orders[n]!.from)))
  return states.filter((state) => state === 'COMMITTED' || state === 'ABORTED').length
}

async function expectRightBooks(): Promise<void> {
  const facts = await collectBooksAtRest(lab, labPorts, 60_000)
  expect(isAtRest(facts)).toBe(true)
  expect(balanceBooks(facts).filter(({ isRight }) => !isRight)).toEqual([])
}

function cents(text: string | undefined): number {
  return Number((text ?? '').replace('.', ''))
}
