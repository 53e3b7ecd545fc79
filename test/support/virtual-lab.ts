import type { EventStream } from '../../hub/events/event-stream.ts'
import * as hubHttp from '../../hub/http.ts'
import type { Log } from '../../hub/log.ts'
import type { Times } from '../../hub/workflow.ts'
import { makeLabKey, type LabKey } from '../../sandbox/lab/keys.ts'
import { startLab, type Lab } from '../../sandbox/lab.ts'
import { bankNames } from '../../sandbox/seed.ts'
import type { Disks } from './disks.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { createFakeNetwork, type FakeNetwork } from './fake-network.ts'
import { createPower, type Power } from './power.ts'

/** The whole lab on a clock and a network of its own: no sockets, no waiting, the same every time. */
export type VirtualLab = Lab & {
  readonly clock: FakeClock
  readonly network: FakeNetwork
  /** What its parties sign with, so that a test can speak in the name of any. */
  readonly keys: ReadonlyMap<string, LabKey>
  /** The hub's. */
  readonly power: Power
}

export type VirtualLabOptions = {
  readonly dataDir?: string
  readonly direct?: readonly string[]
  readonly times?: Partial<Times>
  readonly log?: Log
  /** What the files lie on. */
  readonly disks?: Disks
  /** Told of the hub's events, in place of its own stream. */
  readonly stream?: EventStream
  /** Of ids and random bytes. */
  readonly seed?: number
}

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }

let keys: Promise<ReadonlyMap<string, LabKey>> | undefined

/** RSA keys take a moment: one set serves all labs of a test file. */
async function sharedKeys(): Promise<ReadonlyMap<string, LabKey>> {
  keys ??= makeKeys()
  return keys
}

async function makeKeys(): Promise<ReadonlyMap<string, LabKey>> {
  const clock = createFakeClock()
  const names = [...bankNames, 'switch']
  const made = await Promise.all(names.map(() => makeLabKey(clock)))
  return new Map(names.map((name, n) => [name, made[n]] as [string, LabKey]))
}

/** Starts a virtual lab at port 4000 of its own network, in memory unless a folder is given. */
export async function startVirtualLab(options: VirtualLabOptions = {}): Promise<VirtualLab> {
  const clock = createFakeClock(undefined, options.seed)
  const network = createFakeNetwork({ clock })
  const power = createPower({ clock, network: network.failingWith(hubHttp) })
  const labKeys = await sharedKeys()
  const starting = startLab(
    {
      basePort: 4000,
      dataDir: options.dataDir ?? ':memory:',
      direct: options.direct ?? [],
      keys: labKeys,
      ...(options.times ? { times: options.times } : {}),
    },
    {
      hub: {
        clock: power.clock,
        log: options.log ?? silent,
        network: power.network,
        ...(options.stream ? { stream: options.stream } : {}),
        ...options.disks?.hub,
      },
      sandbox: { clock, network, ...options.disks?.sandbox },
    },
  )
  const lab = await whileTimePasses(clock, starting)
  return {
    ...lab,
    clock,
    network,
    keys: labKeys,
    power,
    close: () => whileTimePasses(clock, lab.close()),
    restartHub: () => {
      power.cut()
      return whileTimePasses(clock, lab.restartHub())
    },
  }
}

/** Waits for a promise of the lab, moving its clock on a millisecond at a time: its own steps wait for the clock. */
export async function whileTimePasses<T>(
  clock: FakeClock,
  promise: Promise<T>,
  maxMs = 60_000,
): Promise<T> {
  const wait = { isOver: false }
  const done = promise.finally(() => {
    wait.isOver = true
  })
  done.catch(() => undefined)
  for (let ms = 0; ms < maxMs && !wait.isOver; ms++) await clock.advance(1)
  return done
}
