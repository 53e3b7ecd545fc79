#!/usr/bin/env node
import { createSystemClock as createHubClock } from '../hub/clock.ts'
import { createSocketNetwork as createHubNetwork } from '../hub/http-server.ts'
import { createLog } from '../hub/log.ts'
import { createSystemClock } from './clock.ts'
import type { BenchOptions } from './bench/bench.ts'
import { countMessages, type Counts } from './bench/counting-network.ts'
import { measureCluster, measureLab } from './commands/bench.ts'
import { showBooks } from './commands/books.ts'
import { playDemo, playDemoAt, type StartDemoLab } from './commands/demo.ts'
import { startDemoCluster } from './commands/demo-cluster.ts'
import { setUpParties, startBank, startSwitch } from './commands/party.ts'
import {
  labProgram,
  type BenchChoices,
  type DemoChoices,
  type StartChoices,
} from './commands/program.ts'
import { findLab, type LabAddress } from './commands/running-lab.ts'
import { showSettlement } from './commands/settle.ts'
import { announceLab } from './commands/start.ts'
import { createSocketNetwork } from './http.ts'
import { startLab, type LabPorts } from './lab.ts'
import type { Close } from './lab/closing.ts'
import { createTerminal } from './terminal.ts'

const { stdout, stderr } = process

// Who reads through a pipe may leave early; that is no reason to stop a lab or a run.
stdout.on('error', (failure: NodeJS.ErrnoException) => {
  if (failure.code !== 'EPIPE') throw failure
})

const terminal = createTerminal({
  write: (text) => stdout.write(text),
  isInteractive: stdout.isTTY,
  hasColours: stdout.isTTY && stdout.hasColors(),
  columns: () => stdout.columns,
})

const sandbox = { clock: createSystemClock(), network: createSocketNetwork() }
const ports = { ...sandbox, http: sandbox.network, terminal }

/** The hub tells only what a person must look at, unless a file is named for all it has to say. */
function labPorts(logFile: string | undefined): LabPorts {
  const clock = createHubClock()
  const options = logFile === undefined ? ({ level: 'error' } as const) : { to: logFile }
  const log = createLog({ level: 'info', ...options }, { clock })
  return { sandbox, hub: { clock, log, network: createHubNetwork({ clock, log }) } }
}

async function start(options: StartChoices): Promise<void> {
  const stopped = untilStopped()
  const { data, json, log, ...choices } = options
  const lab = await startLab({ ...choices, dataDir: data, worldThread: true }, labPorts(log))
  const basePort = Number(new URL(lab.hub).port)
  await announceLab(lab, { json, basePort }, ports)
  await stopped
  if (!json) terminal.line('Stopping.')
  await lab.close()
}

/** What a shell says of a program that Ctrl-C has ended. */
const stoppedExitCode = 130

async function demo({ log, ...options }: DemoChoices): Promise<void> {
  const { lab, basePort, hub, cluster } = options
  const stopped = untilStopped()
  const isElsewhere = [lab, basePort, hub].some((each) => each !== undefined)
  const startOwn = cluster ? startDemoCluster(ports) : startDemoLab(log)
  const isRight = isElsewhere
    ? await demoElsewhere(options, stopped)
    : await playDemo(options, startOwn, { ...ports, stopped })
  if (isRight === undefined) process.exit(stoppedExitCode)
  process.exitCode = isRight ? 0 : 1
}

function demoElsewhere(
  options: DemoChoices,
  stopped: Promise<void>,
): ReturnType<typeof playDemoAt> {
  const { urls, http } = findLab(options, sandbox.network)
  return playDemoAt(urls, options, { ...ports, http, stopped })
}

function startDemoLab(log: string | undefined): StartDemoLab {
  return (dataDir, direct) =>
    startLab({ basePort: 0, dataDir, direct, worldThread: true }, labPorts(log))
}

async function settle(address: LabAddress): Promise<void> {
  const { urls, http } = findLab(address, sandbox.network)
  const isRight = await showSettlement(urls, { ...ports, http })
  process.exitCode = isRight ? 0 : 1
}

async function books(options: LabAddress & { readonly json: boolean }): Promise<void> {
  const { urls, http } = findLab(options, sandbox.network)
  const isRight = await showBooks(urls, options, { ...ports, http })
  process.exitCode = isRight ? 0 : 1
}

async function bench(set: 'lab' | 'cluster', { log, ...options }: BenchChoices): Promise<void> {
  // An exit that is asked for ends the servers, too: they go with this process.
  void untilStopped().then(() => process.exit(stoppedExitCode))
  const isMet =
    set === 'cluster' ? await measureCluster(options, ports) : await benchLab(options, log)
  process.exitCode = isMet ? 0 : 1
}

function benchLab(options: BenchOptions, log: string | undefined): Promise<boolean> {
  const counts: Counts = { messages: 0, signed: 0 }
  const { hub, sandbox: parties } = labPorts(log)
  const counted: LabPorts = {
    hub: { ...hub, network: countMessages(hub.network, counts) },
    sandbox: parties,
  }
  const startBenchLab = async (dataDir: string): ReturnType<Parameters<typeof measureLab>[1]> => {
    const lab = await startLab({ basePort: 0, dataDir, worldThread: true }, counted)
    return { lab, counts, usage }
  }
  return measureLab(options, startBenchLab, { ...sandbox, terminal })
}

function usage(): { readonly cpuMs: number; readonly residentMb: number } {
  const { user, system } = process.cpuUsage()
  return { cpuMs: (user + system) / 1000, residentMb: process.memoryUsage.rss() / 1_000_000 }
}

const endings = ['SIGINT', 'SIGTERM'] as const

/** Settles at the first Ctrl-C or request to end; a second one ends the program at once. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      for (const signal of endings) process.off(signal, stop)
      resolve()
    }
    for (const signal of endings) process.on(signal, stop)
  })
}

/** Keeps a party up until it is told to end. */
async function keepUp(opening: Promise<Close>): Promise<void> {
  const stopped = untilStopped()
  const close = await opening
  await stopped
  await close()
}

const program = labProgram({
  start,
  demo,
  books,
  settle,
  bench,
  setup: (options) => setUpParties(options, ports),
  bank: (name, options) => keepUp(startBank(name, options, ports)),
  switch: (options) => keepUp(startSwitch(options, ports)),
})

program.parseAsync().catch((failure: unknown) => {
  terminal.status('')
  const words = failure instanceof Error ? failure.message : String(failure)
  stderr.write(`kivuko-lab: ${words}\n`)
  process.exitCode = 1
})
