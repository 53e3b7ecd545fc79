import type { WorkflowEngine } from '../../../hub/engine/engine.ts'
import type { EventStream } from '../../../hub/events/event-stream.ts'
import type { OpenStore } from '../../../hub/wiring/servers.ts'
import type { BrokerTime } from './broker-time.ts'
import type { BrokerTimers } from './broker-timers.ts'
import type { Stillness } from './stillness.ts'

/** Who is told of what a hub does. */
export type Watch = {
  readonly stillness: Stillness
  readonly timers: BrokerTimers
  readonly broker: BrokerTime
}

/** The engine, watched: before anything is told to the broker its clock is as far as the hub's. */
export function watchEngine(
  engine: WorkflowEngine,
  { stillness, timers, broker }: Watch,
): WorkflowEngine {
  const { during, stirred } = stillness
  const publish: WorkflowEngine['publish'] = async (message) => {
    await broker.catchUp()
    await engine.publish(message)
    stirred()
  }
  return {
    ...engine,
    deploy: (files) => during(engine.deploy(files)),
    publish: (message) => during(publish(message)),
    close: () => during(engine.close()),
    work: (type, handler, options) =>
      engine.work(
        type,
        async (job) => {
          stirred()
          timers.began(job, options.timeoutMs)
          const verdict = await handler(job)
          await broker.catchUp()
          timers.ended(job, verdict)
          stirred()
          return verdict
        },
        options,
      ),
  }
}

/** The store, watched. */
export function watchStore(store: OpenStore, { during }: Stillness): OpenStore {
  const { queue } = store
  return {
    ...store,
    step: (work) => during(store.step(work)),
    close: () => during(store.close()),
    queue: {
      ...queue,
      due: (...asked) => during(queue.due(...asked)),
      nextDueAt: (now) => during(queue.nextDueAt(now)),
      done: (ids) => during(queue.done(ids)),
      postpone: (id, dueAt) => during(queue.postpone(id, dueAt)),
      events: (...asked) => during(queue.events(...asked)),
      eventsTold: (batch) => during(queue.eventsTold(batch)),
    },
  }
}

/** The event stream, watched; with `crash`, which ends it although a dead hub never takes in what it was given. */
export function watchStream(
  stream: EventStream,
  { during }: Stillness,
): EventStream & { crash(): void } {
  let die = (_: Error): void => undefined
  const dead = new Promise<never>((_, reject) => (die = reject))
  dead.catch(() => undefined)
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= stream.close())
  return {
    publish: (events) => during(stream.publish(events)),
    subscribe: (group, take) =>
      stream.subscribe(group, (events) => Promise.race([take(events), dead])),
    close: () => during(close()),
    crash: () => {
      die(new Error('the power was cut'))
      void close()
    },
  }
}
