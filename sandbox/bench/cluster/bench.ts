import type { Cluster } from '../../lab/cluster/cluster.ts'
import type { HubRole } from '../../../hub/config/parts.ts'
import type { BenchOptions, BenchPorts } from '../bench.ts'
import { perSecond, percentile } from '../figures.ts'
import { runTransfers, type TransferRun } from '../transfers.ts'
import { runOutbox } from './outbox.ts'
import { readProcessorTime, timePerPiece, type ProcessorTime } from './processor-time.ts'
import { readRawKafka, runRawKafka } from './raw-kafka.ts'
import { runRawZeebe } from './raw-zeebe.ts'

/** The bar: which share of the bare client's rate is left when the hub does its work. */
const shareMin = 0.8

const workers: readonly HubRole[] = ['worker:ledger', 'worker:switch']

/** What the hub's processes of a measured cluster are for: two of them serve jobs. */
export const benchProcesses: readonly (readonly HubRole[])[] = [
  ['channel', 'peers', 'relay', 'projections'],
  workers,
  workers,
]

type Measured = { readonly wallMs: number; readonly time: ProcessorTime }

/**
 * Measures payments through a cluster with one and with two processes that serve jobs, beside the same diagrams on the bare
 * Zeebe client with workers that do nothing; and the way of events from the outbox to Kafka, beside the bare Kafka client. All
 * on this machine, which everybody shares. True when all committed and both shares are met.
 */
export async function runClusterBench(
  options: BenchOptions,
  cluster: Cluster,
  ports: BenchPorts,
): Promise<boolean> {
  const { terminal } = ports
  const raw = await measureRawZeebe(options, cluster, ports)
  terminal.line(`Zeebe alone, with workers that do nothing: ${rateOf(options, raw)}`)
  showTime(raw, ports)
  const [, , second] = cluster.processes
  await second?.end()
  const one = await measureTransfers('one', { options, cluster, ports })
  await second?.start()
  const two = await measureTransfers('two', { options, cluster, ports })
  const share = one.wallMs === 0 ? 0 : raw.wallMs / Math.min(one.wallMs, two.wallMs)
  terminal.line(`The better of the two is ${share.toFixed(2)} of what Zeebe alone carries here.`)
  await measureIdle(ports)
  const kafkaShare = await measureOutbox(cluster, ports)
  const isMet = share >= shareMin && kafkaShare >= shareMin && !one.hasFailed && !two.hasFailed
  terminal.line(`The bar, ${shareMin.toFixed(2)} of both: ${isMet ? 'met' : 'missed'}`)
  return isMet
}

/** The broker as it is for the hub: warm, and alone with its client. */
async function measureRawZeebe(
  { transfers, inFlight }: BenchOptions,
  { processes, servers }: Cluster,
  ports: BenchPorts,
): Promise<Measured> {
  const { gatewayAddress } = servers.zeebe
  await Promise.all(processes.map((process) => process.end()))
  const run = (name: string, count: number): Promise<number> =>
    runRawZeebe({ gatewayAddress, transfers: count, inFlight, name }, ports)
  ports.terminal.status('Zeebe alone: warming up')
  await run('warm', Math.ceil(transfers / 2))
  ports.terminal.status(`Zeebe alone: ${String(transfers)} transfers' jobs and messages`)
  const measured = await measure(transfers, () => run('raw', transfers))
  await Promise.all(processes.map((process) => process.start()))
  return measured
}

type TransferParts = {
  readonly options: BenchOptions
  readonly cluster: Cluster
  readonly ports: BenchPorts
}

async function measureTransfers(
  count: 'one' | 'two',
  { options, cluster, ports }: TransferParts,
): Promise<Measured & { readonly hasFailed: boolean }> {
  const { transfers, inFlight } = options
  const { terminal } = ports
  const send = (name: string, some: number): Promise<TransferRun> =>
    runTransfers(cluster.lab.hub, { transfers: some, inFlight, name }, ports)
  terminal.status(`warming up with ${count} process for jobs`)
  await send(`warm-${count}`, Math.ceil(transfers / 5))
  terminal.status(`${String(transfers)} transfers, ${String(inFlight)} in flight`)
  let failures: readonly string[] = []
  let latenciesMs: readonly number[] = []
  const measured = await measure(transfers, async () => {
    const run = await send(count, transfers)
    ;({ failures, latenciesMs } = run)
    return run.wallMs
  })
  terminal.line(
    `The whole cluster, ${count} process${count === 'one' ? '' : 'es'} for jobs: ${rateOf(options, measured)}; ` +
      `p50 ${String(Math.round(percentile(latenciesMs, 0.5)))} ms, p99 ${String(Math.round(percentile(latenciesMs, 0.99)))} ms`,
  )
  showTime(measured, ports)
  for (const words of new Set(failures)) terminal.line(`  FAILED ${words}`)
  return { ...measured, hasFailed: failures.length > 0 }
}

/** Returns how long the work says it took, with the processor's time for each piece. */
async function measure(pieces: number, work: () => Promise<number>): Promise<Measured> {
  const before = readProcessorTime()
  const wallMs = await work()
  return { wallMs, time: timePerPiece(before, readProcessorTime(), pieces) }
}

function rateOf({ transfers }: BenchOptions, { wallMs }: Measured): string {
  return `${perSecond(transfers, wallMs).toFixed(1)} transfers/s`
}

function showTime({ time }: Measured, { terminal }: BenchPorts, piece = 'transfer'): void {
  const used = [...time].filter(([, ms]) => ms >= 0.05)
  const words = used.map(([name, ms]) => `${name} ${ms.toFixed(1)}`)
  terminal.line(`  ms of a processor for each ${piece}: ${words.join(' · ')}`)
}

const idleMs = 10_000

/** What everybody uses while there is nothing to do. */
async function measureIdle(ports: BenchPorts): Promise<void> {
  const { clock, terminal } = ports
  terminal.status('nothing to do')
  const measured = await measure(idleMs / 1_000, async () => {
    await new Promise<void>((resolve) => clock.after(idleMs, resolve))
    return idleMs
  })
  terminal.line('With nothing to do:')
  showTime(measured, ports, 'second')
}

const legs = 3_000
const eventsPerLeg = 10
const batch = 500
const partitions = 12

async function measureOutbox(
  { servers }: Cluster,
  { terminal, clock }: BenchPorts,
): Promise<number> {
  const events = legs * eventsPerLeg
  const { brokers } = servers.kafka
  const topic = 'bench.outbox'
  const databaseUrl = await servers.postgres.createDatabase()
  terminal.status(`${String(events)} events from the outbox to Kafka`)
  const place = { brokers, topic, partitions }
  const { relayMs } = await runOutbox({ databaseUrl, ...place, legs, eventsPerLeg })
  const messages = await readRawKafka(place, events)
  terminal.status('the same messages by the bare client')
  const rawMs = await runRawKafka({ ...place, topic: 'bench.raw', batch }, messages, { clock })
  const share = rawMs / Math.max(relayMs, 1)
  terminal.line(
    `Outbox to Kafka: ${perSecond(events, relayMs).toFixed(0)} events/s; the bare client with the same messages: ` +
      `${perSecond(events, rawMs).toFixed(0)}; share ${share.toFixed(2)}`,
  )
  return share
}
