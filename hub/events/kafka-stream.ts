import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { EventStream, Subscription } from './event-stream.ts'
import { createKafkaClient, type KafkaConfig } from './kafka/config.ts'
import { createPublisher } from './kafka/publisher.ts'
import { createSubscriber } from './kafka/subscriber.ts'
import { createTurns } from './turns.ts'

/**
 * A topic of Kafka as the stream; its messages are told in README.md. Nothing is connected before it is used. While the brokers
 * are away `publish` rejects within seconds, and subscriptions wait; both go on by themselves. An open subscription keeps the
 * program alive; nothing outlives `close`.
 */
export function createKafkaStream(
  config: KafkaConfig,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): EventStream {
  const ports = { kafka: createKafkaClient(config), config, clock, log }
  const publisher = createPublisher(ports)
  const subscriptions = new Set<Subscription>()
  const turns = createTurns('the event stream')
  return {
    publish: (events) => turns.take(() => publisher.publish(events)),
    subscribe: (group, take) => {
      const subscription = createSubscriber({ group, take }, ports)
      subscriptions.add(subscription)
      return {
        close: async () => {
          await subscription.close()
          subscriptions.delete(subscription)
        },
      }
    },
    close: async () => {
      await Promise.all([turns.close(), ...[...subscriptions].map((one) => one.close())])
      await publisher.close()
    },
  }
}
