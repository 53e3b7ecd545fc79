import type { Clock } from '../clock.ts'
import type { Network } from '../http.ts'

/** What the starters of servers need of the machine. */
export type ServerPorts = { readonly clock: Clock; readonly network: Network }

/** A server that is up, and may be broken. */
export type Server = {
  /** Ends it as a power cut of its machine would: at once, with every process of it. */
  kill(): Promise<void>
  /** Starts it again where it was killed, on the same port and files; resolves when it answers. */
  start(): Promise<void>
  /** Ends it for good and removes what it wrote. */
  stop(): Promise<void>
}

/** What a server runs in: a program of this machine, or a container. */
export interface Runner {
  start(): Promise<void>
  kill(): Promise<void>
  /** Removes what it wrote; only after `kill`. */
  remove(): Promise<void>
  /** Why it ended by itself, with what it said last; undefined while it runs. */
  ended(): Promise<string | undefined>
}

/** A server as its runner and its own way of saying that it is up. */
export type ServerParts = {
  /** For complaints. */
  readonly name: string
  readonly runner: Runner
  isUp(): Promise<boolean>
}

/** A machine on which everything starts at once takes its time. */
const startMsMax = 300_000
const probeMs = 100
/** One that was killed a moment ago may still hold a lock or a port: the next one then ends at once. */
const startsMsMax = 10_000

/** Starts a server and waits until it is up. Rejects with what it said last when it does not come up, and leaves nothing. */
export async function startServer(parts: ServerParts, ports: ServerPorts): Promise<Server> {
  const { runner } = parts
  const server: Server = {
    kill: () => runner.kill(),
    start: () => startUp(parts, ports.clock),
    stop: async () => {
      await runner.kill()
      await runner.remove()
    },
  }
  await server.start().catch(async (failure: unknown) => {
    await server.stop()
    throw failure
  })
  return server
}

async function startUp(parts: ServerParts, clock: Clock): Promise<void> {
  const beganAt = clock.now()
  for (;;) {
    await parts.runner.start()
    const ended = await untilUp(parts, clock)
    if (ended === undefined) return
    if (clock.now() > beganAt + startsMsMax) {
      throw new Error(`${parts.name} ended before it was ready: ${ended}`)
    }
    await pause(2 * probeMs, clock)
  }
}

/** Resolves with nothing when the server is up, or with what it said when it ended instead. */
async function untilUp(
  { name, runner, isUp }: ServerParts,
  clock: Clock,
): Promise<string | undefined> {
  const endsAt = clock.now() + startMsMax
  while (clock.now() < endsAt) {
    const ended = await runner.ended()
    if (ended !== undefined) return ended
    if (await isUp()) return undefined
    await pause(probeMs, clock)
  }
  throw new Error(`${name} was not ready within ${String(startMsMax)} ms`)
}

function pause(ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve)
  })
}
