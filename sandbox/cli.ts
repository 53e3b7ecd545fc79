#!/usr/bin/env node
import { Command } from 'commander'
import { createSystemClock as createHubClock } from '../hub/clock.ts'
import { createSocketNetwork as createHubNetwork } from '../hub/http-server.ts'
import { createLog } from '../hub/log.ts'
import { createSystemClock } from './clock.ts'
import { countMessages, type Counts } from './bench/counting-network.ts'
import { measureLab } from './commands/bench.ts'
import { showBooks, urlsAt } from './commands/books.ts'
import { playDemo } from './commands/demo.ts'
import {
  parseBankUrl,
  parseBasePort,
  parseCount,
  parseDirect,
  parseUrl,
} from './commands/options.ts'
import { showSettlement } from './commands/settle.ts'
import { announceLab, defaultBasePort } from './commands/start.ts'
import { createSocketNetwork } from './http.ts'
import { startLab, type LabOptions, type LabPorts } from './lab.ts'
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

type StartOptions = Pick<LabOptions, 'basePort' | 'direct' | 'replace'> & {
  readonly data: string
  readonly fresh: boolean
  readonly json: boolean
  readonly log?: string
}

async function start(options: StartOptions): Promise<void> {
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

type DemoChoices = {
  readonly csv?: string
  readonly direct: readonly string[]
  readonly keep: boolean
  readonly log?: string
}

async function demo({ log, ...options }: DemoChoices): Promise<void> {
  const startDemoLab = (dataDir: string, direct: readonly string[]): ReturnType<typeof startLab> =>
    startLab({ basePort: 0, dataDir, direct, worldThread: true }, labPorts(log))
  const isRight = await playDemo(options, startDemoLab, { ...ports, stopped: untilStopped() })
  if (isRight === undefined) process.exit(stoppedExitCode)
  process.exitCode = isRight ? 0 : 1
}

async function settle({ basePort }: { readonly basePort: number }): Promise<void> {
  const isRight = await showSettlement(urlsAt(basePort), ports)
  process.exitCode = isRight ? 0 : 1
}

type BooksOptions = {
  readonly json: boolean
  readonly basePort: number
  readonly hub?: string
  readonly switch?: string
  readonly bank: Readonly<Record<string, string>>
}

async function books(options: BooksOptions): Promise<void> {
  const urls = urlsAt(options.basePort)
  const chosen = {
    hub: options.hub ?? urls.hub,
    switch: options.switch ?? urls.switch,
    banks: { ...urls.banks, ...options.bank },
  }
  const isRight = await showBooks(chosen, options, ports)
  process.exitCode = isRight ? 0 : 1
}

type BenchChoices = { readonly transfers: number; readonly inFlight: number; readonly log?: string }

async function bench({ log, ...options }: BenchChoices): Promise<void> {
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
  const isMet = await measureLab(options, startBenchLab, { ...sandbox, terminal })
  process.exitCode = isMet ? 0 : 1
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

const basePortOption = '--base-port <n>'
const directHelp = 'a bank that speaks FSPIOP itself instead of through the hub (repeatable)'
const logHelp = "appends the hub's log to this file, as lines of JSON"

const program = new Command('kivuko-lab')
  .description('The lab in which the Kivuko hub can be tried: four banks, a switch and the hub.')
  .showHelpAfterError('(--help says what there is)')

program
  .command('start')
  .description('Starts the lab and keeps it up until Ctrl-C.')
  .option(
    basePortOption,
    "the hub's port, from which the others follow; 0 picks a free run",
    parseBasePort,
    defaultBasePort,
  )
  .option('--data <dir>', 'where the files are', 'data')
  .option('--fresh', 'throws away what an earlier run left', false)
  .option('--json', 'prints one line of JSON when ready, and nothing else', false)
  .option('--direct <bank>', directHelp, parseDirect, [])
  .option(
    '--replace <bank=url>',
    "puts another system, at its FSPIOP base URL, in a bank's place (repeatable)",
    parseBankUrl,
    {},
  )
  .option('--log <file>', logHelp)
  .action(start)

program
  .command('demo')
  .description('Runs a file of payments through a lab of its own, and checks outcomes and books.')
  .option('--csv <file>', "your own payments instead of the lab's; see sandbox/demo/transfers.csv")
  .option('--direct <bank>', directHelp, parseDirect, [])
  .option('--keep', "keeps the lab's files", false)
  .option('--log <file>', logHelp)
  .action(demo)

program
  .command('books')
  .description('Asks every party of a running lab for its books, and checks that all sums agree.')
  .option('--json', 'prints one line of JSON', false)
  .option(basePortOption, "the hub's port of the lab", parseBasePort, defaultBasePort)
  .option('--hub <url>', 'where the hub is, if not there', parseUrl)
  .option('--switch <url>', 'where the switch is, if not there', parseUrl)
  .option('--bank <bank=url>', 'where a bank is, if not there (repeatable)', parseBankUrl, {})
  .action(books)

program
  .command('settle')
  .description(
    "Closes the switch's window, settles all positions to zero and has the banks book it.",
  )
  .option(basePortOption, "the hub's port of the lab", parseBasePort, defaultBasePort)
  .action(settle)

program
  .command('bench')
  .description(
    'Measures payments through a whole lab in this process, beside a floor in the same run.',
  )
  .option('--transfers <n>', 'how many to measure', parseCount, 1_000)
  .option('--in-flight <n>', 'how many at once', parseCount, 32)
  .option('--log <file>', logHelp)
  .action(bench)

program.parseAsync().catch((failure: unknown) => {
  terminal.status('')
  const words = failure instanceof Error ? failure.message : String(failure)
  stderr.write(`kivuko-lab: ${words}\n`)
  process.exitCode = 1
})
