import type { EventStream } from '../../hub/events/event-stream.ts'
import * as hubHttp from '../../hub/http.ts'
import type { Log } from '../../hub/log.ts'
import type { Times } from '../../hub/workflow.ts'
import { makeLabKey, type LabKey } from '../../sandbox/lab/keys.ts'
import { startLab, type Lab } from '../../sandbox/lab.ts'
import { bankNames } from '../../sandbox/seed.ts'
import type { RealSide, ServersAt } from '../cluster/support/real-lab.ts'
import type { Disks } from './disks.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { createFakeNetwork, type FakeNetwork } from './fake-network.ts'
import { createPower, type Power } from './power.ts'

/**
 * The whole lab on a clock and a network of its own: no sockets, no waiting, the same every time. In a run that has started
 * servers its hub is on those, and time goes on by itself while they work.
 */
export type VirtualLab = Lab & {
  readonly clock: FakeClock
  readonly network: FakeNetwork
  /** What its parties sign with, so that a test can speak in the name of any. */
  readonly keys: ReadonlyMap<string, LabKey>
  /** The hub's. */
  readonly power: Power
  /** How much later than promised things may happen because servers take their time; 0 where nothing does. */
  readonly slackMs: number
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
  const ground = await openGround(options)
  const { clock, slackMs } = ground
  const network = createFakeNetwork({ clock })
  const power = createPower({
    clock,
    network: network.failingWith(hubHttp),
    onCut: ground.cut,
  })
  const labKeys = await sharedKeys()
  const { log = silent, stream } = options
  const hub = { clock: power.clock, log, network: power.network, ...(stream ? { stream } : {}) }
  const starting = startLab(
    { ...partsOf(options, ground), basePort: 4000, keys: labKeys },
    {
      hub: { ...hub, ...options.disks?.hub, ...ground.hub },
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
    slackMs,
    close: async () => {
      await whileTimePasses(clock, lab.close())
      await ground.close()
    },
    restartHub: () => {
      power.cut()
      return whileTimePasses(clock, lab.restartHub())
    },
  }
}

function partsOf({ dataDir = ':memory:', direct = [], times }: VirtualLabOptions, ground: Ground) {
  const { parts } = ground
  return { dataDir, direct, ...(times ? { times } : {}), ...(parts ? { parts } : {}) }
}

/** What a lab stands on. */
type Ground = Omit<RealSide, 'clock' | 'parts'> & {
  readonly clock: FakeClock
  readonly parts?: RealSide['parts']
}

async function openGround({ seed }: VirtualLabOptions): Promise<Ground> {
  const servers = process.env['KIVUKO_TEST_SERVERS']
  if (servers !== undefined) {
    const { openRealSide } = await import('../cluster/support/real-lab.ts')
    return openRealSide(JSON.parse(servers) as ServersAt)
  }
  const nothing = (): void => undefined
  const clock = createFakeClock(undefined, seed)
  return { clock, slackMs: 0, hub: {}, cut: nothing, close: async () => undefined }
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
