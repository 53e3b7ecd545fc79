import { z } from 'zod'
import { fspiopState, transferLine } from '../../domain/transfer.ts'
import type { LegEvent } from '../event-stream.ts'

/** A message of the topic, as it is produced and as it is consumed. */
export type WireMessage = {
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

/** A message that is no transfer event of a version that this program reads. */
class NoTransferEvent extends Error {}

const states = [
  ...(['received', 'quoted', 'reserved', 'unknown', 'release-decided'] as const),
  ...(['commit-decided', 'booking-owed', 'committed', 'aborted'] as const),
] as const
const outcomes = [
  ...(['done', 'refused', 'unavailable', 'unknown', 'asked', 'given', 'waiting'] as const),
  'illegal',
] as const

/** What the event tells about the leg. Members may be added within version 1, and are passed over by who knows them not. */
const legSchema = z.object({
  fspId: z.string().min(1).describe('Whose leg it is.'),
  role: z.enum(['payer', 'payee']).describe('At which end of the transfer that FSP stands.'),
  transferId: z.string().min(1),
  sequence: z.int().min(1).describe('From 1, without gaps, for each leg.'),
  step: z.string().describe('What was being done; new words may come.'),
  party: z.string().describe('Who it was done with: an FSP, "switch", "client" or "operator".'),
  direction: z.enum(['in', 'out', 'none']),
  outcome: z.enum(outcomes),
  detail: z.string().describe('For people to read; never for programs.'),
  state: z.enum(states).describe('Where the leg stands after it.'),
  transferState: z
    .enum(['RECEIVED', 'RESERVED', 'COMMITTED', 'ABORTED'])
    .describe("FSPIOP's word for the same."),
  amount: z
    .object({
      amount: z.string().regex(/^\d+(\.\d+)?$/),
      currency: z.string().regex(/^[A-Z]{3}$/),
    })
    .describe('What was asked for: a decimal string, and an ISO 4217 code.'),
  correlationId: z.string(),
  otherFspId: z.string().optional().describe('The FSP at the other end, once it is known.'),
  reason: z.string().optional().describe('Why it was refused, once it was; new words may come.'),
  errorCode: z.string().optional().describe("FSPIOP's code for the reason; there whenever it is."),
})

/** A transfer event as a CloudEvent 1.0 in structured JSON; `transfer-event-v1.schema.json` is made of it. */
export const transferEventSchema = z
  .object({
    specversion: z.literal('1.0'),
    id: z
      .string()
      .min(1)
      .describe('The same each time the event is told: what to recognise it by.'),
    source: z
      .string()
      .regex(/^\/fsp\/./)
      .describe('"/fsp/" and the FSP whose leg it is.'),
    type: z.literal('kivuko.transfer.v1'),
    time: z.iso.datetime().describe('When it happened, by the clock of the hub.'),
    subject: z.string().min(1).describe('The id of the transfer.'),
    datacontenttype: z.literal('application/json'),
    dataschema: z.literal('urn:kivuko:transfer-event:v1'),
    data: legSchema,
  })
  .describe(
    'One thing that happened to a leg of a transfer: a line of its timeline, and how the leg stands after it.',
  )

type TransferEvent = z.infer<typeof transferEventSchema>

/** The event as a message: its key is the leg's line, so that one partition holds all of a leg in order. */
export function writeMessage(event: LegEvent): WireMessage {
  return {
    key: transferLine(event.key),
    value: JSON.stringify(cloudEventOf(event)),
    headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8' },
  }
}

/** The event that a message's value holds. Throws `NoTransferEvent` with all that is wrong with it. */
export function readMessage(value: Buffer | null): LegEvent {
  const read = transferEventSchema.safeParse(jsonOf(value))
  if (!read.success) throw new NoTransferEvent(z.prettifyError(read.error))
  return legEventOf(read.data)
}

function cloudEventOf(event: LegEvent): TransferEvent {
  const { key, sequence, entry, state, amount, correlationId, otherFspId, refusal } = event
  const { at, step, party, direction, outcome, detail } = entry
  return {
    specversion: '1.0',
    id: event.id,
    source: `/fsp/${key.fspId}`,
    type: 'kivuko.transfer.v1',
    time: new Date(at).toISOString(),
    subject: key.transferId,
    datacontenttype: 'application/json',
    dataschema: 'urn:kivuko:transfer-event:v1',
    data: {
      ...{ fspId: key.fspId, role: key.role, transferId: key.transferId, sequence },
      ...{ step, party, direction, outcome, detail },
      ...{ state, transferState: fspiopState(state), amount, correlationId },
      ...(otherFspId === undefined ? {} : { otherFspId }),
      ...(refusal === undefined ? {} : refusal),
    },
  }
}

function legEventOf({ id, time, data }: TransferEvent): LegEvent {
  const { fspId, role, transferId, sequence, state, amount, correlationId } = data
  const { step, party, direction, outcome, detail, otherFspId, reason, errorCode } = data
  return {
    id,
    key: { fspId, role, transferId },
    sequence,
    entry: { at: Date.parse(time), step, party, direction, outcome, detail },
    ...{ state, amount, correlationId },
    ...(otherFspId === undefined ? {} : { otherFspId }),
    ...(reason === undefined || errorCode === undefined ? {} : { refusal: { reason, errorCode } }),
  }
}

function jsonOf(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString('utf8') ?? '')
  } catch {
    throw new NoTransferEvent('its value is not JSON')
  }
}
