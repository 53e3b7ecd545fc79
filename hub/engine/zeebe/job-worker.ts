import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { Job, JobHandler, JobVerdict, Worker } from '../engine.ts'
import { runHandler } from '../worker-pool.ts'
import { createPatience, type Patience } from './patience.ts'
import { activatedJobsOf, type ActivateJobs, type JobStream } from './wire.ts'

/** Who serves which jobs. */
export type Subscription = {
  readonly type: string
  readonly handler: JobHandler
  readonly maxActive: number
  readonly timeoutMs: number
}

/** A worker that can also end as a power cut would: it resolves once it asks no more, and waits for no job. */
export type JobWorker = Worker & { crash(): Promise<void> }

/** The gateway as a worker sees it. */
export type JobWorkerPorts = {
  readonly clock: Clock
  readonly log: Log
  readonly activate: ActivateJobs
  /** Rejects with the gateway's error; a job that is gone, too. */
  readonly answer: (jobKey: string, verdict: JobVerdict) => Promise<void>
}

type Room = {
  /** How many jobs could be taken. */
  free(): number
  /** Occupies one place, until it is left or `ms` have passed. */
  take(ms: number): () => void
  /** Resolves when a place is left. */
  change(): Promise<void>
}

/** A gateway that answers sooner that it has no jobs holds no question open, and is not asked again at once. */
const heldMsMin = 1_000
const idlePauses = 2

/**
 * Asks the gateway for jobs, one question at a time, for as many as there is room for, and answers each with its verdict.
 * A verdict that cannot be delivered is tried again for as long as the job is this worker's; then the job is offered anew.
 */
export function createJobWorker(subscription: Subscription, ports: JobWorkerPorts): JobWorker {
  // A worker that is closed waits for nothing: what it could not deliver is offered again.
  const patience = createPatience({ clock: ports.clock })
  const room = createRoom(subscription.maxActive, ports.clock)
  const desk = { subscription, room, ports, patience }
  const running = new Set<Promise<void>>()
  let hasCrashed = false
  const asking = keepAsking(desk, (job) => {
    if (hasCrashed) return
    const served = serve(job, desk)
    running.add(served)
    void served.then(() => running.delete(served))
  })
  return {
    close: async () => {
      await asking.stop()
      await Promise.all(running)
    },
    crash: () => {
      hasCrashed = true
      return asking.stop()
    },
  }
}

/** Asks for jobs from now on, as long as there is room for them. `stop` resolves when no question is open. */
function keepAsking(desk: Desk, begin: (job: Job) => void): { stop(): Promise<void> } {
  const { subscription, room, ports, patience } = desk
  const { type, timeoutMs } = subscription
  const { clock, log } = ports
  const state = { isClosed: false, cancel: (): void => undefined, asked: Promise.resolve() }
  const activate = async (count: number): Promise<boolean> => {
    const request = { type, worker: 'kivuko', timeout: timeoutMs, maxJobsToActivate: count }
    const stream = await ports.activate(request)
    state.cancel = () => {
      stream.cancel()
    }
    if (state.isClosed) stream.cancel()
    return drain(stream, begin)
  }
  const ask = (count: number): Promise<boolean> => {
    const activated = activate(count)
    state.asked = activated.then(ignore, ignore)
    return activated
  }
  const askOrRest = async (count: number): Promise<void> => {
    const askedAt = clock.now()
    const hasJobs = await ask(count)
    if (!hasJobs && clock.now() - askedAt < heldMsMin) await patience.pause(idlePauses)
  }
  const isOpen = (): boolean => !state.isClosed
  const work = async (): Promise<void> => {
    let failures = 0
    while (isOpen()) {
      const count = room.free()
      try {
        if (count === 0) await room.change()
        else await askOrRest(count)
        failures = 0
      } catch (error) {
        if (failures === 0 && isOpen()) log.warn({ error, jobType: type }, 'jobs cannot be fetched')
        await patience.pause(failures)
        failures = Math.min(failures + 1, 10)
      }
    }
  }
  void work()
  return {
    stop: () => {
      state.isClosed = true
      patience.end()
      state.cancel()
      // A connection that is closed before it hears that a stream was cancelled keeps the program alive.
      return state.asked
    },
  }
}

type Desk = {
  readonly subscription: Subscription
  readonly room: Room
  readonly ports: JobWorkerPorts
  readonly patience: Patience
}

/** Runs the handler and delivers its verdict; never rejects. */
async function serve(job: Job, { subscription, room, ports, patience }: Desk): Promise<void> {
  const { type, handler, timeoutMs } = subscription
  const { clock, log } = ports
  const leave = room.take(timeoutMs)
  const until = clock.now() + timeoutMs
  const verdict = await runHandler(handler, job, log)
  await patience
    .repeat(() => ports.answer(job.key, verdict), until)
    .catch((error: unknown) => {
      log.warn({ error, jobType: type, jobKey: job.key }, 'job verdict not accepted')
    })
  leave()
}

/** Hands on what the stream brings; true if it brought jobs. Rejects with the gateway's error. */
function drain(stream: JobStream, take: (job: Job) => void): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let hasJobs = false
    stream.on('data', (message) => {
      try {
        for (const job of activatedJobsOf(message)) {
          hasJobs = true
          take(job)
        }
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
    stream.on('error', reject)
    stream.on('end', () => {
      resolve(hasJobs)
      // The client also says that a stream ended when it lost patience with it.
      stream.cancel()
    })
  })
}

function createRoom(places: number, clock: Clock): Room {
  let taken = 0
  let tell = (): void => undefined
  return {
    free: () => Math.max(0, places - taken),
    take: (ms) => {
      let isLeft = false
      const leave = (): void => {
        if (isLeft) return
        isLeft = true
        forget()
        taken--
        tell()
      }
      const forget = clock.after(ms, leave)
      taken++
      return leave
    },
    change: () =>
      new Promise((resolve) => {
        tell = resolve
      }),
  }
}

function ignore(): void {
  // Whoever asked looks at the answer.
}
