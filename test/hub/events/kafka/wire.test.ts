import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import {
  readMessage,
  transferEventSchema,
  writeMessage,
} from '../../../../hub/events/kafka/wire.ts'
import { legEvent } from '../../../support/leg-events.ts'
import { read } from '../../../tidy/tree.ts'

const aborted = legEvent('6f1c', 7, {
  state: 'aborted',
  otherFspId: 'weaver',
  refusal: { reason: 'payee-not-found', errorCode: '3204' },
})

describe('a transfer event on the wire', () => {
  it('is a CloudEvent in structured JSON, under the key of its leg', () => {
    const { key, value, headers } = writeMessage(aborted)
    expect(key).toBe('heron:payer:6f1c')
    expect(headers).toEqual({ 'content-type': 'application/cloudevents+json; charset=UTF-8' })
    expect(JSON.parse(value)).toEqual({
      specversion: '1.0',
      id: 'heron:payer:6f1c:7',
      source: '/fsp/heron',
      type: 'kivuko.transfer.v1',
      time: '2026-01-02T00:00:00.007Z',
      subject: '6f1c',
      datacontenttype: 'application/json',
      dataschema: 'urn:kivuko:transfer-event:v1',
      data: {
        fspId: 'heron',
        role: 'payer',
        transferId: '6f1c',
        sequence: 7,
        step: 'quote',
        party: 'switch',
        direction: 'out',
        outcome: 'asked',
        detail: '10.5 KES to transfer',
        state: 'aborted',
        transferState: 'ABORTED',
        amount: { amount: '10.5', currency: 'KES' },
        correlationId: 'order-6f1c',
        otherFspId: 'weaver',
        reason: 'payee-not-found',
        errorCode: '3204',
      },
    })
  })

  it.each([aborted, legEvent('6f1c', 1)])('is read as it was written', (event) => {
    expect(readMessage(Buffer.from(writeMessage(event).value))).toEqual(event)
  })

  it('may have members that are not known yet', () => {
    const wire = changed((event) => ({
      ...event,
      traceparent: '00',
      data: { ...event.data, x: 1 },
    }))
    expect(readMessage(wire)).toEqual(aborted)
  })

  it.each<[string, Buffer | null, RegExp]>([
    ['nothing', null, /not JSON/],
    ['no JSON', Buffer.from('hello'), /not JSON/],
    ['another version', changed((event) => ({ ...event, type: 'kivuko.transfer.v2' })), /type/],
    ['a lack of data', changed(({ data: _, ...event }) => event), /data/],
    [
      'an amount that is a number',
      changed((event) => ({ ...event, data: { ...event.data, amount: 10.5 } })),
      /amount/,
    ],
    [
      'a state that nobody knows',
      changed((event) => ({ ...event, data: { ...event.data, state: 'lost' } })),
      /state/,
    ],
  ])('is refused for %s', (_, value, complaint) => {
    expect(() => readMessage(value)).toThrow(complaint)
  })

  it('is what its schema file says', () => {
    const file: unknown = JSON.parse(read('hub/events/transfer-event-v1.schema.json').text)
    expect(file).toEqual({
      ...z.toJSONSchema(transferEventSchema, { io: 'input' }),
      $id: 'urn:kivuko:transfer-event:v1',
    })
  })
})

function changed(change: (event: any) => object): Buffer {
  return Buffer.from(JSON.stringify(change(JSON.parse(writeMessage(aborted).value))))
}
