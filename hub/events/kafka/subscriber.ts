import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { Log } from '../../log.ts'
import { backoffMs } from '../backoff.ts'
import type { LegEvent, Subscription } from '../event-stream.ts'
import { kafkaRetry } from './config.ts'
import { createPauses, type Pauses } from './pauses.ts'
import type { KafkaPorts } from './publisher.ts'
import { makeTopic } from './topic.ts'
import { readMessage } from './wire.ts'

/** A member of a group. */
export type Member = {
  readonly group: string
  readonly take: (events: readonly LegEvent[]) => Promise<void>
}

type SubscriberPorts = KafkaPorts & { readonly log: Log }

/** Events that a member gets at once. */
const takenMax = 500
const retake = { firstMs: 200, longestMs: 5_000 }
const reconnect = { firstMs: 500, longestMs: 5_000 }
/** A connection that held this long was a good one: the next wait is short again. */
const steadyMs = 30_000

/** A member that is gone without a word holds its partitions for so long: as briefly as brokers allow by default. */
const sessionMs = 6_000
/** A member learns that the group has changed with the next of these. */
const heartbeatMs = 500
const fetchWaitMs = 250
/** A take that lasts longer may see its partition go to another member meanwhile. */
const takeMsMax = 60_000

/** Takes part in its group until it is closed: however often the brokers go away and come back. */
export function createSubscriber(member: Member, ports: SubscriberPorts): Subscription {
  const { clock, log } = ports
  const pauses = createPauses({ clock })
  const run = async (): Promise<void> => {
    for (let failures = 0; !pauses.areOver(); failures++) {
      const startedAt = clock.now()
      const error = await consume(member, { ...ports, pauses })
      if (pauses.areOver()) return
      if (clock.now() - startedAt > steadyMs) failures = 0
      log.warn({ group: member.group, error }, 'events not consumed')
      await pauses.pause(backoffMs(failures, reconnect))
    }
  }
  const running = run()
  return {
    close: async () => {
      pauses.end()
      await running
    },
  }
}

/** Consumes with one consumer until the end of all pauses, or until it fails: then returns why. */
async function consume(
  member: Member,
  ports: SubscriberPorts & { readonly pauses: Pauses },
): Promise<unknown> {
  const { kafka, config, pauses } = ports
  const consumer = kafka.consumer({
    // Named after the topic too: members of one group must all want the same.
    groupId: `${config.topic}.${member.group}`,
    sessionTimeout: sessionMs,
    rebalanceTimeout: takeMsMax,
    heartbeatInterval: heartbeatMs,
    maxWaitTimeInMs: fetchWaitMs,
    allowAutoTopicCreation: false,
    retry: { ...kafkaRetry, restartOnFailure: async () => false },
  })
  const crashed = crashOf(consumer)
  try {
    await makeTopic(kafka, config)
    await consumer.connect()
    await consumer.subscribe({ topics: [config.topic], fromBeginning: true })
    await consumer.run({
      eachBatchAutoResolve: false,
      eachBatch: (batch) => takeBatch(batch, member, ports),
    })
    return await Promise.race([crashed, pauses.over])
  } catch (error) {
    return error
  } finally {
    // One that only stopped would keep its group waiting for it.
    await consumer.disconnect().catch(() => undefined)
  }
}

function crashOf(consumer: Consumer): Promise<unknown> {
  return new Promise((resolve) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      resolve(payload.error)
    })
  })
}

/** Portion by portion: what was taken in is committed, what was not is offered again by whoever has the partition then. */
async function takeBatch(
  batch: EachBatchPayload,
  member: Member,
  ports: SubscriberPorts & { readonly pauses: Pauses },
): Promise<void> {
  const { messages } = batch.batch
  for (let at = 0; at < messages.length; at += takenMax) {
    if (!batch.isRunning() || batch.isStale()) return
    const portion = messages.slice(at, at + takenMax)
    const events = portion.flatMap((message) => eventOf(message, batch, { ...ports, member }))
    if (!(await takePortion(events, { ...ports, batch, member }))) return
    batch.resolveOffset(portion.at(-1)?.offset ?? batch.batch.lastOffset())
    await batch.commitOffsetsIfNecessary(batch.uncommittedOffsets())
    await batch.heartbeat()
  }
}

/** A message that nobody can read would otherwise stop its partition for ever. */
function eventOf(
  message: KafkaMessage,
  { batch }: EachBatchPayload,
  { log, member }: { readonly log: Log; readonly member: Member },
): readonly LegEvent[] {
  try {
    return [readMessage(message.value)]
  } catch (error) {
    const where = { group: member.group, partition: batch.partition, offset: message.offset }
    log.error({ ...where, error }, 'message passed over, for it is no transfer event')
    return []
  }
}

/** Offers the events until they are taken in; false if the subscription ends before. Throws when the group has changed. */
async function takePortion(
  events: readonly LegEvent[],
  {
    ...ports
  }: SubscriberPorts & {
    readonly pauses: Pauses
    readonly batch: EachBatchPayload
    readonly member: Member
  },
): Promise<boolean> {
  if (events.length === 0) return true
  const { batch, member, pauses, log } = ports
  for (let failures = 0; ; failures++) {
    const failure = await beating(failureOf(member, events), ports)
    if (failure === undefined) return true
    log.warn({ group: member.group, tries: failures + 1, ...failure }, 'events not taken in')
    await beating(pauses.pause(backoffMs(failures, retake)), ports)
    if (pauses.areOver()) return false
    await batch.heartbeat()
  }
}

async function failureOf(
  { take }: Member,
  events: readonly LegEvent[],
): Promise<{ readonly error: unknown } | undefined> {
  try {
    await take(events)
    return undefined
  } catch (error) {
    return { error }
  }
}

/** Keeps the member in its group while the work lasts. A heartbeat that fails ends that; the next call to the group tells why. */
async function beating<T>(
  work: Promise<T>,
  { clock, batch }: KafkaPorts & { readonly batch: EachBatchPayload },
): Promise<T> {
  let cancel = (): void => undefined
  let isDone = false
  const beat = (): void => {
    if (isDone) return
    cancel = clock.after(heartbeatMs, () => {
      batch.heartbeat().then(beat, () => undefined)
    })
  }
  beat()
  return work.finally(() => {
    isDone = true
    cancel()
  })
}
