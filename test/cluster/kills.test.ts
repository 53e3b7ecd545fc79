import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { hubRoles, type HubRole } from '../../hub/config/parts.ts'
import type { Cluster } from '../../sandbox/lab/cluster/cluster.ts'
import type { HubProcess } from '../../sandbox/lab/cluster/hub-process.ts'
import type { Server } from '../../sandbox/servers/server.ts'
import { pause } from '../support/lab-client.ts'
import { remark } from '../support/remark.ts'
import { sendLoad, type Sent } from './support/cluster-load.ts'
import { countPayments, expectTruth } from './support/cluster-truth.ts'
import { startClusterUnderTest } from './support/cluster-under-test.ts'

/** A job of a worker that was killed is offered again after so long. */
const jobTimeoutMs = 20_000
const count = 500
const inFlight = 32
/** Long enough that whoever waits for the victim notices. */
const awayMs = 3_000

/** What a client may be told of a transfer that a kill held up for too long: everything else must be committed. */
const heldUp = new Set([
  'transfer-expired',
  'quote-expired',
  'payee-fsp-silent',
  'payer-fsp-unavailable',
  'payee-fsp-unavailable',
  'switch-unavailable',
])

let cluster: Cluster
beforeAll(async () => {
  // One for each role, and one that has all of them: two of each.
  const processes = [...hubRoles.map((role) => [role]), [...hubRoles]]
  cluster = await startClusterUnderTest({ processes, jobTimeoutMs })
}, 600_000)
afterAll(() => cluster.close(), 120_000)

describe('a cluster with two processes of each role', () => {
  it(
    'loses and doubles nothing when PostgreSQL is killed and comes back in the middle of 500 transfers',
    () => killAmidst('PostgreSQL', cluster.servers.postgres),
    600_000,
  )

  it(
    'loses and doubles nothing when Zeebe is killed and comes back in the middle of 500 transfers',
    () => killAmidst('Zeebe', cluster.servers.zeebe),
    600_000,
  )

  it(
    'loses and doubles nothing when Kafka is killed and comes back in the middle of 500 transfers',
    () => killAmidst('Kafka', cluster.servers.kafka),
    600_000,
  )

  it.each(hubRoles)(
    'loses and doubles nothing when a %s process is killed and comes back in the middle of 500 transfers',
    (role) => killAmidst(role, processOf(role)),
    600_000,
  )

  it('hands the work of each process that is told to end to the other: nothing waits for a timeout', async () => {
    const transfers = 200
    const before = await countPayments(cluster)
    const run = { ended: 0 }
    const sending = sendLoad(cluster.lab.hub, {
      count: transfers,
      inFlight: 8,
      onEnded: (ended) => (run.ended = ended),
    })
    const turns: string[] = []
    for (const role of hubRoles) {
      const one = processOf(role)
      await one.end()
      if (run.ended < transfers) turns.push(role)
      await one.start()
    }
    const sent = await sending
    const longestMs = Math.max(...sent.map(({ tookMs }) => tookMs))
    remark(
      `${turns.join(', ')} told to end, one after the other, in ${transfers} transfers: the longest took ${longestMs} ms`,
    )
    expect(reasonsOf(sent)).toEqual({ committed: transfers })
    expect(turns).toEqual([...hubRoles])
    expect(longestMs).toBeLessThan(jobTimeoutMs)
    await expectTruth(cluster)
    expect(await countPayments(cluster)).toBe(before + transfers)
  }, 600_000)
})

function processOf(role: HubRole): HubProcess {
  return cluster.processes.find(({ roles }) => roles.includes(role))!
}

async function killAmidst(name: string, victim: Pick<Server, 'kill' | 'start'>): Promise<void> {
  const before = await countPayments(cluster)
  const killAfter = 100 + Math.floor(Math.random() * 200)
  const startedAt = Date.now()
  let back: Promise<void> | undefined
  const killAndStart = async (): Promise<void> => {
    await victim.kill()
    await pause(awayMs)
    await victim.start()
  }
  const onEnded = (ended: number): void => {
    if (ended >= killAfter) back ??= killAndStart()
  }
  const sent = await sendLoad(cluster.lab.hub, { count, inFlight, onEnded })
  await back
  const seconds = (Date.now() - startedAt) / 1000
  const reasons = reasonsOf(sent)
  remark(
    `${name} killed after ${killAfter} of ${count} had ended: ${JSON.stringify(reasons)} in ${seconds.toFixed(0)} s`,
  )
  const unexplained = Object.keys(reasons).filter(
    (reason) => reason !== 'committed' && !heldUp.has(reason),
  )
  expect(unexplained).toEqual([])
  expect(new Set(sent.map(({ outcome }) => idOf(outcome))).size).toBe(count)
  await expectTruth(cluster)
  expect(await countPayments(cluster)).toBe(before + count)
}

/** How many were committed, and how many were not, by why. */
function reasonsOf(sent: readonly Sent[]): Readonly<Record<string, number>> {
  const reasons: Record<string, number> = {}
  for (const { outcome } of sent) {
    const why = wordOf(outcome)
    reasons[why] = (reasons[why] ?? 0) + 1
  }
  return reasons
}

function wordOf(outcome: Sent['outcome']): string {
  if (outcome.kind !== 'ended') return `${outcome.kind}: ${outcome.words}`
  return outcome.state === 'COMMITTED' ? 'committed' : (outcome.reason ?? 'aborted')
}

function idOf(outcome: Sent['outcome']): string | undefined {
  return outcome.kind === 'refused' ? undefined : outcome.transferId
}
