import type { Kafka } from 'kafkajs'
import type { KafkaConfig } from './config.ts'

/** Makes the topic if it is missing; another hub may be making it too. Brokers that make topics by themselves get it wrong. */
export async function makeTopic(
  kafka: Kafka,
  { topic, partitions, replicationFactor = -1 }: KafkaConfig,
): Promise<void> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    if ((await admin.listTopics()).includes(topic)) return
    await admin.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor }],
      waitForLeaders: true,
    })
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}
