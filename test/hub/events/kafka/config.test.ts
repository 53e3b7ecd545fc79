import { describe, expect, it } from '@jest/globals'
import { kafkaConfigSchema } from '../../../../hub/events/kafka/config.ts'

const sasl = { mechanism: 'scram-sha-512', username: 'hub', password: 'x' }

describe('the configuration of Kafka', () => {
  it('needs only the brokers', () => {
    expect(kafkaConfigSchema.parse({ brokers: ['kafka-1:9092', '[::1]:9092'] })).toEqual({
      brokers: ['kafka-1:9092', '[::1]:9092'],
      topic: 'kivuko.transfers',
      tls: false,
      partitions: 12,
    })
  })

  it('may name a certificate, credentials, and how the topic is made', () => {
    const config = {
      brokers: ['kafka-1:9093'],
      topic: 'payments',
      tls: { caPem: '-----BEGIN CERTIFICATE-----' },
      sasl,
      partitions: 6,
      replicationFactor: 3,
    }
    expect(kafkaConfigSchema.parse(config)).toEqual(config)
  })

  it.each<[string, object]>([
    ['no brokers', { brokers: [] }],
    ['a broker without a port', { brokers: ['kafka-1'] }],
    ['a URL in place of a broker', { brokers: ['kafka://kafka-1:9092'] }],
    ['several brokers in one', { brokers: ['kafka-1:9092,kafka-2:9092'] }],
    ['a topic that Kafka refuses', { brokers: ['kafka-1:9092'], topic: 'a b' }],
    ['another mechanism', { brokers: ['kafka-1:9092'], sasl: { ...sasl, mechanism: 'gssapi' } }],
    ['a lack of a password', { brokers: ['kafka-1:9092'], sasl: { ...sasl, password: '' } }],
    ['an unknown key', { brokers: ['kafka-1:9092'], acks: 1 }],
  ])('is refused for %s', (_, config) => {
    expect(kafkaConfigSchema.safeParse(config).success).toBe(false)
  })
})
