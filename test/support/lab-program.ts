import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { compileLabInto } from './compile.ts'

/** The line of `start --json`: where everybody answers. */
export type LabAddresses = {
  readonly hub: string
  readonly switch: string
  readonly banks: Readonly<Record<string, string>>
  readonly operators: Readonly<Record<string, string>>
}

/** A lab that is up, as a process of its own. */
export type RunningLab = LabAddresses & {
  /** All it has printed, its first line included. */
  readonly said: readonly string[]
  /** From the start of the process to its line of JSON. */
  readonly startMs: number
  /** What the process holds in memory; undefined where the system does not tell. */
  residentMb(): number | undefined
  /** Ends it with the signal and waits until it has ended. */
  end(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<Ended>
}

/** One of the two programs, with its arguments, and what its environment says beside the test's own. */
export type Command = {
  readonly of: 'hub' | 'sandbox'
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** A program that is up, as a process of its own. */
export type RunningProgram = {
  /** Its first line. */
  readonly line: string
  /** Ends it with the signal and waits until it has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<Ended>
}

/** How a process ended: its exit code (null when a signal ended it), and what it wrote. */
export type Ended = {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly ms: number
}

/** The program `kivuko-lab`, compiled into a folder of its own. */
export type LabProgram = {
  /** A new folder's name for the files of a lab; it goes with the program. */
  dataDir(): string
  /** `start --json` with these options; rejects with what it said when it does not come up. */
  start(...options: readonly string[]): Promise<RunningLab>
  /** Runs a command to its end. */
  run(...args: readonly string[]): Promise<Ended>
  /** Starts something that stays up, and waits for its first line; rejects with what it said when there was none. */
  up(command: Command): Promise<RunningProgram>
  /** Kills what still runs, and removes all files. */
  remove(): Promise<void>
}

/** Compiles the lab as it stands, so that a test can start it as a stranger would, and kill it. */
export function makeLabProgram(): LabProgram {
  const folder = mkdtempSync(join(tmpdir(), 'kivuko-program-'))
  compileLabInto(folder)
  const children = new Set<Child>()
  let folders = 0
  const begin = (command: Command): Child => {
    const child = spawnProgram(folder, command)
    children.add(child)
    void child.ended.then(() => children.delete(child))
    return child
  }
  return {
    dataDir: () => join(folder, `data-${String(++folders)}`),
    start: (...options) =>
      startLab(begin({ of: 'sandbox', args: ['start', '--json', ...options] })),
    run: (...args) => begin({ of: 'sandbox', args }).ended,
    up: (command) => untilUp(begin(command)),
    remove: async () => {
      for (const { process } of children) process.kill('SIGKILL')
      await Promise.all([...children].map(({ ended }) => ended))
      rmSync(folder, { recursive: true })
    },
  }
}

type Child = {
  readonly process: ChildProcess
  readonly lines: string[]
  /** Settles with the first line, or with undefined when there was none. */
  readonly firstLine: Promise<string | undefined>
  readonly ended: Promise<Ended>
  readonly startedAt: number
}

function spawnProgram(folder: string, { of, args, env }: Command): Child {
  const startedAt = Date.now()
  const script = join(folder, of, 'cli.js')
  const child = spawn(process.execPath, [script, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const errors: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text))
  const reader = createInterface({ input: child.stdout })
  const firstLine = new Promise<string | undefined>((resolve) => {
    reader.on('line', (line) => {
      lines.push(line)
      resolve(line)
    })
    child.once('close', () => resolve(undefined))
  })
  const ended = once(child, 'close').then(([code]) => ({
    code: typeof code === 'number' ? code : null,
    stdout: lines.join('\n'),
    stderr: errors.join(''),
    ms: Date.now() - startedAt,
  }))
  return { process: child, lines, firstLine, ended, startedAt }
}

async function untilUp(child: Child): Promise<RunningProgram> {
  return { line: await firstLineOf(child), end: (signal) => ended(child, signal) }
}

async function firstLineOf({ firstLine, ended }: Child): Promise<string> {
  const line = await firstLine
  if (line !== undefined) return line
  const { code, stderr } = await ended
  throw new Error(`it ended with ${String(code)}: ${stderr}`)
}

async function ended(child: Child, signal: NodeJS.Signals): Promise<Ended> {
  const from = Date.now()
  child.process.kill(signal)
  return { ...(await child.ended), ms: Date.now() - from }
}

async function startLab(child: Child): Promise<RunningLab> {
  const line = await firstLineOf(child)
  const startMs = Date.now() - child.startedAt
  const addresses = JSON.parse(line) as LabAddresses
  return {
    ...addresses,
    said: child.lines,
    startMs,
    residentMb: () => residentMbOf(child.process.pid),
    end: (signal) => ended(child, signal),
  }
}

/** Linux tells it in a file. */
function residentMbOf(pid: number | undefined): number | undefined {
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8')
    const kb = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]
    return kb === undefined ? undefined : Math.round(Number(kb) / 1024)
  } catch {
    return undefined
  }
}

/** A port of this machine that is taken until it is closed. */
export async function occupy(port: number): Promise<Server> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const labOffsets = [0, 100, 201, 202, 203, 204]
const basePortFirst = 10_000
const basePortMax = 19_700

/** A base port whose run is free, below those that a lab picks for itself, so that a test may come back to it. */
export async function freeBasePort(): Promise<number> {
  for (let base = basePortFirst + (process.pid % 450) * 20; base < basePortMax; base += 20) {
    const taken = await Promise.allSettled(labOffsets.map((offset) => occupy(base + offset)))
    for (const each of taken) if (each.status === 'fulfilled') each.value.close()
    if (taken.every(({ status }) => status === 'fulfilled')) return base
  }
  throw new Error('no free run of ports')
}
