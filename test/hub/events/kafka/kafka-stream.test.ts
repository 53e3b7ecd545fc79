import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createSystemClock } from '../../../../hub/clock.ts'
import type { EventStream } from '../../../../hub/events/event-stream.ts'
import { createKafkaStream } from '../../../../hub/events/kafka-stream.ts'
import { kafkaConfigSchema } from '../../../../hub/events/kafka/config.ts'
import type { Log } from '../../../../hub/log.ts'
import { untilSo } from '../../../support/lab-client.ts'
import { legEvents } from '../../../support/leg-events.ts'

const clock = createSystemClock()
let stream: EventStream
let warnings: string[]
const log: Log = {
  info: () => undefined,
  warn: (_, message) => void warnings.push(message),
  error: () => undefined,
}
beforeEach(() => {
  warnings = []
  // Nobody may listen on port 1 without being asked to.
  const config = kafkaConfigSchema.parse({ brokers: ['127.0.0.1:1'] })
  stream = createKafkaStream(config, { clock, log })
})
afterEach(() => stream.close())

describe('a stream of Kafka whose brokers are away', () => {
  it('rejects a publication within seconds, every time', async () => {
    const startedAt = clock.now()
    await expect(stream.publish(legEvents('a', 2))).rejects.toThrow(/ECONNREFUSED|Connection/)
    await expect(stream.publish(legEvents('a', 2))).rejects.toThrow(/ECONNREFUSED|Connection/)
    expect(clock.now() - startedAt).toBeLessThan(20_000)
  }, 30_000)

  it('has nothing to do for no events', async () => {
    await stream.publish([])
  })

  it('waits with its subscriptions, says so, and ends them when it is told to', async () => {
    const subscription = stream.subscribe('statistics', async () => undefined)
    await untilSo(() => warnings.length >= 1)
    expect(new Set(warnings)).toEqual(new Set(['events not consumed']))
    await subscription.close()
    await subscription.close()
  }, 30_000)
})
