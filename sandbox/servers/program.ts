import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Runner } from './server.ts'

/** A program of this machine that serves. */
export type Program = {
  readonly command: readonly string[]
  /** Its own: where it runs, and where its log goes. It is removed with the server. */
  readonly folder: string
  /** Beside the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
}

/** A process that can also be asked to end. */
export type ProgramRunner = Runner & {
  /** Asks it to end (SIGTERM), and waits until it has. */
  end(): Promise<void>
}

const running = new Set<ChildProcess>()

// Once for all of them: nothing that was started here outlives this process.
process.once('exit', () => {
  for (const child of running) killAll(child)
})

/** Runs a server as a process, which ends with this one. */
export function runProgram({ command, folder, env = {} }: Program): ProgramRunner {
  const log = join(folder, 'log')
  // `env` becomes the program: its process is the server's.
  const settings = Object.entries(env).map(([key, value]) => `${key}=${value}`)
  let child: ChildProcess | undefined
  const endBy = async (end: (child: ChildProcess) => void): Promise<void> => {
    if (child === undefined || hasEnded(child)) return
    const exit = once(child, 'exit')
    end(child)
    await exit
  }
  return {
    start: async () => {
      const out = openSync(log, 'a')
      // A group of its own: Ctrl-C is told to this process, which then ends its servers in order.
      const started = spawn('env', [...settings, ...command], {
        cwd: folder,
        detached: true,
        stdio: ['ignore', out, out],
      })
      closeSync(out)
      running.add(started)
      started.once('exit', () => running.delete(started))
      child = started
    },
    kill: () => endBy(killAll),
    end: () => endBy((each) => each.kill('SIGTERM')),
    remove: async () => {
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
    },
    ended: async () =>
      child !== undefined && hasEnded(child) ? lastLines(readFileSync(log, 'utf8')) : undefined,
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-20).join('\n')
}

/** A machine that loses its power loses every process of the server. */
function killAll(child: ChildProcess): void {
  const workers = child.pid === undefined ? [] : childrenOf(child.pid)
  child.kill('SIGKILL')
  for (const pid of workers) killIfThere(pid)
}

/** The processes that a server has started, where the system tells. */
function childrenOf(pid: number): readonly number[] {
  const list = `/proc/${String(pid)}/task/${String(pid)}/children`
  if (!existsSync(list)) return []
  return readFileSync(list, 'utf8').split(' ').filter(Boolean).map(Number)
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It went with its parent.
  }
}
