import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createSystemClock } from '../../hub/clock.ts'
import type { EventStream, LegEvent } from '../../hub/events/event-stream.ts'
import { createKafkaStream } from '../../hub/events/kafka-stream.ts'
import { kafkaConfigSchema } from '../../hub/events/kafka/config.ts'
import { freePorts } from '../../sandbox/servers/free-ports.ts'
import { startKafka, type KafkaServer } from '../../sandbox/servers/kafka.ts'
import { compileInto } from '../support/compile.ts'
import { untilSo } from '../support/lab-client.ts'
import { legEvent } from '../support/leg-events.ts'
import { remark } from '../support/remark.ts'
import { silentLog } from '../support/silent-log.ts'
import { serverPorts } from './support/server-ports.ts'

let server: KafkaServer
beforeAll(async () => {
  server = await startKafka(serverPorts)
}, 600_000)
afterAll(() => server.stop())

const clock = createSystemClock()
const legCount = 200
const legLength = 30
const batchSize = 40

function open(topic: string): EventStream {
  const config = kafkaConfigSchema.parse({ brokers: server.brokers, topic, partitions: 6 })
  return createKafkaStream(config, { clock, log: silentLog })
}

describe('Kafka, when its broker is killed', () => {
  it('loses no event of six thousand, and keeps each leg in order', async () => {
    const topic = randomUUID()
    const publisher = open(topic)
    const consumer = open(topic)
    const arrived: LegEvent[] = []
    consumer.subscribe('statistics', async (events) => void arrived.push(...events))
    const told = eventsOfAll()
    const failures: number[] = []
    let outageMs = 0
    for (let at = 0; at < told.length; at += batchSize) {
      // Twice in the middle of it: with a publication on its way, and back only after some have failed.
      const isKilled = at === 40 * batchSize || at === 100 * batchSize
      const publishing = publishUntilKept(publisher, told.slice(at, at + batchSize), failures)
      if (isKilled) {
        const killedAt = clock.now()
        const failedBefore = failures.length
        await server.kill()
        // A publication that had arrived just before is told so; then the next one meets the outage.
        const isKept = await Promise.race([
          publishing.then(() => true),
          untilSo(() => failures.length > failedBefore).then(() => false),
        ])
        if (isKept) await expect(publisher.publish([told[at]!])).rejects.toThrow()
        await server.start()
        await publishing
        outageMs += clock.now() - killedAt
      }
      await publishing
    }
    const ids = new Set(told.map(({ id }) => id))
    const distinct = (): readonly LegEvent[] => [
      ...new Map(arrived.toReversed().map((event) => [event.id, event])).values(),
    ]
    await untilSo(() => new Set(arrived.map(({ id }) => id)).size >= ids.size, {
      waitMsMax: 60_000,
    })
    expect(new Set(arrived.map(({ id }) => id))).toEqual(ids)
    expect(disorderOf(arrived)).toEqual([])
    expect(distinct()).toHaveLength(told.length)
    expect(failures.length).toBeGreaterThan(0)
    expect(Math.max(...failures)).toBeLessThan(11_000)
    remark(
      `${told.length} events, two outages: publishing again after ${outageMs} ms in all, ${failures.length} rejections, the slowest after ${Math.max(...failures)} ms, ${arrived.length - told.length} repeats`,
    )
    await Promise.all([publisher.close(), consumer.close()])
  }, 240_000)

  it('lets a take that was under way finish, and a consumer go on by itself', async () => {
    const topic = randomUUID()
    const stream = open(topic)
    const arrived: LegEvent[] = []
    let release = (): void => undefined
    let isHeld = false
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    stream.subscribe('statistics', async (events) => {
      isHeld = true
      await gate
      arrived.push(...events)
    })
    await stream.publish([legEvent('a', 1)])
    await untilSo(() => isHeld)
    await server.kill()
    release()
    await untilSo(() => arrived.length >= 1)
    await server.start()
    const failures: number[] = []
    await publishUntilKept(stream, [legEvent('a', 2)], failures)
    const startedAt = clock.now()
    await untilSo(() => arrived.some(({ sequence }) => sequence === 2), { waitMsMax: 60_000 })
    remark(`the consumer had the next event ${clock.now() - startedAt} ms after it was kept`)
    expect(disorderOf(arrived)).toEqual([])
    await stream.close()
  }, 120_000)

  it('ends a stream whose broker is away within seconds, whatever it was doing', async () => {
    const stream = open(randomUUID())
    stream.subscribe('statistics', async () => undefined)
    await publishUntilKept(stream, [legEvent('a', 1)], [])
    await server.kill()
    const refused = stream.publish([legEvent('a', 2)]).catch((error: unknown) => error)
    const startedAt = clock.now()
    await stream.close()
    expect(clock.now() - startedAt).toBeLessThan(15_000)
    expect(await refused).toBeInstanceOf(Error)
    remark(`closed ${clock.now() - startedAt} ms after it was told to`)
    await server.start()
  }, 120_000)

  it('gives the share of a consumer that was killed to another of its group, soon', async () => {
    const topic = randomUUID()
    const stream = open(topic)
    const legs = Array.from({ length: 20 }, (_, leg) => `leg-${leg}`)
    await stream.publish(legs.map((leg) => legEvent(leg, 1)))
    const folder = mkdtempSync(join(tmpdir(), 'kivuko-kafka-'))
    compileInto(folder, 'hub')
    const script = join(folder, 'program.js')
    writeFileSync(script, consumingProgram(server.brokers, topic))
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    const killedAt = clock.now()
    const arrived: LegEvent[] = []
    stream.subscribe('statistics', async (events) => void arrived.push(...events))
    await stream.publish(legs.map((leg) => legEvent(leg, 2)))
    const isThere = (): boolean =>
      legs.every((leg) => arrived.some(({ id }) => id === `heron:payer:${leg}:2`))
    await untilSo(isThere)
    remark(`the other member had everything ${clock.now() - killedAt} ms after the kill`)
    await stream.close()
    rmSync(folder, { recursive: true })
  })

  it('rejects a publication within seconds if the broker takes it and says nothing, and leaves nothing behind', async () => {
    const connections = new Set<Socket>()
    const mute = createServer((socket) => {
      connections.add(socket)
      // Read, or it would not notice its end.
      socket.resume().on('error', () => undefined)
      socket.on('close', () => connections.delete(socket))
    }).listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const { port } = mute.address() as AddressInfo
    const config = kafkaConfigSchema.parse({ brokers: [`127.0.0.1:${port}`] })
    const stream = createKafkaStream(config, { clock, log: silentLog })
    const startedAt = clock.now()
    await expect(stream.publish([legEvent('a', 1)])).rejects.toThrow()
    const rejectedAt = clock.now()
    await stream.close()
    await untilSo(() => connections.size === 0, { waitMsMax: 40_000 }).finally(() => {
      for (const socket of connections) socket.destroy()
      mute.close()
    })
    remark(
      `rejected after ${rejectedAt - startedAt} ms, the last connection gone ${clock.now() - rejectedAt} ms later`,
    )
    expect(rejectedAt - startedAt).toBeLessThan(11_000)
  })

  it('costs next to nothing while there is no broker, and lets the program end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kivuko-kafka-'))
    compileInto(folder, 'hub')
    const [port = 0] = await freePorts(1, serverPorts.network)
    const script = join(folder, 'program.js')
    writeFileSync(script, lonelyProgram(`127.0.0.1:${String(port)}`))
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const said = await new Promise<string>((resolve) => {
      let text = ''
      child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
      child.once('close', () => resolve(text))
    })
    const endedAt = clock.now()
    rmSync(folder, { recursive: true })
    const { cpuMs, toldAt, closedAt, rejections } = JSON.parse(said)
    remark(
      `without a broker: ${cpuMs} ms of CPU in 5 s for a publisher and three groups; closed in ${closedAt - toldAt} ms, ended ${endedAt - closedAt} ms later`,
    )
    expect(rejections).toBeGreaterThanOrEqual(2)
    expect(cpuMs).toBeLessThan(500)
    expect(closedAt - toldAt).toBeLessThan(5_000)
    expect(endedAt - closedAt).toBeLessThan(2_000)
  })
})

/** Every leg's first event, then every leg's second, and so on. */
function eventsOfAll(): readonly LegEvent[] {
  return Array.from({ length: legLength }, (_, turn) =>
    Array.from({ length: legCount }, (_leg, leg) => legEvent(`leg-${leg}`, turn + 1)),
  ).flat()
}

/** As the relay does it: the same ones again, after a while; notes how long each rejection took. */
async function publishUntilKept(
  stream: EventStream,
  events: readonly LegEvent[],
  failures: number[],
): Promise<void> {
  for (let tries = 1; tries <= 100; tries++) {
    const startedAt = clock.now()
    try {
      await stream.publish(events)
      return
    } catch {
      failures.push(clock.now() - startedAt)
    }
    await new Promise((resolve) => clock.after(250, () => resolve(null)))
  }
  throw new Error('the events were never kept')
}

/** What a consumer would see that drops an id that came before: legs whose next event is not the next. */
function disorderOf(arrived: readonly LegEvent[]): readonly string[] {
  const last = new Map<string, number>()
  const seen = new Set<string>()
  return arrived.flatMap(({ id, key: { transferId }, sequence }) => {
    if (seen.has(id)) return []
    seen.add(id)
    const expected = (last.get(transferId) ?? 0) + 1
    last.set(transferId, sequence)
    return sequence === expected ? [] : [`${id} after ${expected - 1}`]
  })
}

/** A member that takes its first events in for ever. */
const consumingProgram = (brokers: readonly string[], topic: string): string => `
import { createKafkaStream } from './hub/events/kafka-stream.js'
import { kafkaConfigSchema } from './hub/events/kafka/config.js'
import { createSystemClock } from './hub/clock.js'
const config = kafkaConfigSchema.parse(${JSON.stringify({ brokers, topic })})
const log = { info() {}, warn() {}, error() {} }
const stream = createKafkaStream(config, { clock: createSystemClock(), log })
stream.subscribe('statistics', () => new Promise(() => process.stdout.write('taking')))`

/** Three groups and a publisher, and nobody there. */
const lonelyProgram = (broker: string): string => `
import { createKafkaStream } from './hub/events/kafka-stream.js'
import { kafkaConfigSchema } from './hub/events/kafka/config.js'
import { createSystemClock } from './hub/clock.js'
const clock = createSystemClock()
const log = { info() {}, warn() {}, error() {} }
const config = kafkaConfigSchema.parse({ brokers: [${JSON.stringify(broker)}] })
const stream = createKafkaStream(config, { clock, log })
const event = ${JSON.stringify(legEvent('a', 1))}
let rejections = 0
let isOver = false
for (const group of ['one', 'two', 'three']) stream.subscribe(group, async () => {})
const publish = async () => {
  await stream.publish([event]).catch(() => rejections++)
  if (!isOver) clock.after(1000, publish)
}
void publish()
await new Promise((resolve) => clock.after(2000, resolve))
const before = process.cpuUsage()
await new Promise((resolve) => clock.after(5000, resolve))
const { user, system } = process.cpuUsage(before)
isOver = true
const toldAt = Date.now()
await stream.close()
console.log(JSON.stringify({ cpuMs: Math.round((user + system) / 1000), toldAt, closedAt: Date.now(), rejections }))`
