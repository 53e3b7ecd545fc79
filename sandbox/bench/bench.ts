import type { Clock } from '../clock.ts'
import type { Network } from '../http.ts'
import type { Lab } from '../lab.ts'
import type { Terminal } from '../terminal.ts'
import type { Counts } from './counting-network.ts'
import { percentile, perSecond } from './figures.ts'
import { runFloor } from './floor.ts'
import { runTransfers, type TransferRun } from './transfers.ts'

export type BenchPorts = {
  readonly network: Network
  readonly clock: Clock
  readonly terminal: Terminal
}

export type BenchOptions = { readonly transfers: number; readonly inFlight: number }

/** What a run used of the machine. */
export type Usage = { readonly cpuMs: number; readonly residentMb: number }

export type BenchLab = {
  readonly lab: Lab
  /** What both sides have sent so far, over the lab's networks. */
  readonly counts: Counts
  /** CPU time of this process so far, and its memory now. */
  readonly usage: () => Usage
}

/** The bar: payments per second, and the time that 99 in 100 must stay under. */
const bar = { perSecond: 50, p99Ms: 1_000 } as const

const warmUp = 100

/**
 * Measures payments through the whole lab, everything in this process, signed and verified at every hop; then, in the same
 * run, as many signed and verified messages with no hub in between. True when all committed and the bar is met.
 */
export async function runBench(
  options: BenchOptions,
  { lab, counts, usage }: BenchLab,
  ports: BenchPorts,
): Promise<boolean> {
  const { terminal } = ports
  const { transfers, inFlight } = options
  terminal.status(`warming up with ${String(warmUp)} transfers`)
  await runTransfers(lab.hub, { transfers: warmUp, inFlight, name: 'warm' }, ports)
  terminal.status(`${String(transfers)} transfers, ${String(inFlight)} in flight`)
  const before = { ...counts, ...usage() }
  const run = await runTransfers(lab.hub, { transfers, inFlight, name: 'run' }, ports)
  const after = { ...counts, ...usage() }
  const signed = after.signed - before.signed
  terminal.status(`the floor: ${String(signed)} signed messages`)
  const floorMs = await runFloor({ messages: signed, inFlight }, ports)
  const result = resultOf(run, floorMs)
  for (const line of linesOf(result, { options, run })) terminal.line(line)
  terminal.line(
    `  per transfer: ${((after.cpuMs - before.cpuMs) / transfers).toFixed(1)} ms of CPU, ` +
      `${((after.messages - before.messages) / transfers).toFixed(1)} HTTP messages, ` +
      `${(signed / transfers).toFixed(1)} of them signed and verified; ${String(Math.round(after.residentMb))} MB resident`,
  )
  terminal.line(
    `  floor       ${perSecond(transfers, floorMs).toFixed(1)} transfers/s if those messages were all; ratio ${result.ratio.toFixed(2)}`,
  )
  const isMet =
    result.rate >= bar.perSecond && result.p99Ms < bar.p99Ms && run.failures.length === 0
  terminal.line(
    `  bar         ${String(bar.perSecond)} transfers/s with p99 under ${String(bar.p99Ms)} ms: ${isMet ? 'met' : 'missed'}`,
  )
  return isMet
}

type Result = {
  readonly rate: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly ratio: number
}

function resultOf(run: TransferRun, floorMs: number): Result {
  return {
    rate: perSecond(run.transfers, run.wallMs),
    p50Ms: percentile(run.latenciesMs, 0.5),
    p99Ms: percentile(run.latenciesMs, 0.99),
    ratio: floorMs / run.wallMs,
  }
}

function linesOf(
  { rate, p50Ms, p99Ms }: Result,
  { options, run }: { readonly options: BenchOptions; readonly run: TransferRun },
): readonly string[] {
  const failed = [...new Set(run.failures)].map(
    (words) => `${words} (${String(run.failures.filter((f) => f === words).length)})`,
  )
  return [
    `P2P transfers through the whole lab, in one process: ${String(options.transfers)} transfers, ${String(options.inFlight)} in flight`,
    `  rate        ${rate.toFixed(1)} transfers/s`,
    `  latency     p50 ${String(Math.round(p50Ms))} ms, p99 ${String(Math.round(p99Ms))} ms, from the order to the client's callback`,
    ...(failed.length === 0 ? [] : [`  FAILED      ${failed.join(', ')}`]),
  ]
}
