import type { z } from 'zod'
import type { PeerError, Rejection, SwitchCallback } from '../../hub/connector.ts'
import type { PartyId } from '../../hub/domain/party.ts'
import { partyOfWire } from './party.ts'
import {
  bodies,
  descriptionLengthMax,
  fspiopErrors,
  readJson,
  rejectionOf,
  valueAt,
} from './wire.ts'

type WithoutOrigin<Each> = Each extends SwitchCallback ? Omit<Each, 'source' | 'answeredAt'> : never

/** What a callback tells, without who tells it and when. */
export type Told = WithoutOrigin<SwitchCallback>

/** Reads a body, once its signature is known to be right. `source` sent it, `fspId` is the FSP that it is for. */
export type Reader = (
  bytes: Uint8Array,
  between: { readonly source: string; readonly fspId: string },
) => Told | Rejection

/** GET /parties/{type}/{id}: it has no body. */
export const partyQuestion = (partyId: PartyId): Reader => {
  const told = { kind: 'party-asked', partyId } as const
  return () => told
}

/** PUT /parties/{type}/{id}. The party is the one described, which a directory may have found under another id. */
export const partyAnswer = (partyId: PartyId): Reader =>
  reader(bodies.party, ({ party }, { source }) => ({
    kind: 'party-given',
    partyId,
    party: partyOfWire(party, source),
  }))

/** PUT /parties/{type}/{id}/error. */
export const partyRefusal = (partyId: PartyId): Reader =>
  errorReader((error) => ({ kind: 'party-refused', partyId, error }))

/** PUT /participants/{type}/{id}: without an FSP after a removal. */
export const participantAnswer = (partyId: PartyId): Reader =>
  reader(bodies.participant, ({ fspId }) => ({
    kind: 'participant-told',
    partyId,
    ...(fspId === undefined ? {} : { fspId }),
  }))

/** PUT /participants/{type}/{id}/error. */
export const participantRefusal = (partyId: PartyId): Reader =>
  errorReader((error) => ({ kind: 'participant-refused', partyId, error }))

/** POST /quotes. Rejects (3100) one that its sender asks for another FSP's payer, or for a payee of another FSP. */
export const quoteQuestion: Reader = reader(bodies.quoteQuestion, (body, { source, fspId }) => {
  const payer = partyOfWire(body.payer, source)
  const payee = partyOfWire(body.payee, fspId)
  if (payer.fspId !== source) return notTheirs('the payer is not of the FSP that asks')
  if (payee.fspId !== fspId) return notTheirs('the payee is not of this FSP')
  const { quoteId, transactionId, amountType, amount, transactionType, note, expiration } = body
  return {
    kind: 'quote-asked',
    question: {
      quoteId,
      transactionId,
      payerFspId: payer.fspId,
      payer: payer.id,
      payeeFspId: payee.fspId,
      payee: payee.id,
      amountType,
      amount,
      transactionType,
      ...(note === undefined ? {} : { note }),
      ...(expiration === undefined ? {} : { expiresAt: expiration }),
    },
  }
})

/** PUT /quotes/{id}. */
export const quoteAnswer = (quoteId: string): Reader =>
  reader(bodies.quoteTerms, (body) => ({
    kind: 'quote-given',
    quoteId,
    terms: {
      transferAmount: body.transferAmount,
      ...(body.payeeReceiveAmount ? { payeeReceiveAmount: body.payeeReceiveAmount } : {}),
      ...(body.payeeFspFee ? { payeeFspFee: body.payeeFspFee } : {}),
      expiresAt: body.expiration,
      ilpPacket: body.ilpPacket,
      condition: body.condition,
    },
  }))

/** PUT /quotes/{id}/error. */
export const quoteRefusal = (quoteId: string): Reader =>
  errorReader((error) => ({ kind: 'quote-refused', quoteId, error }))

/** POST /transfers. Rejects (3100) one that its sender prepares in another FSP's name, or for another FSP. */
export const transferPrepare: Reader = reader(bodies.prepare, (body, { source, fspId }) => {
  if (body.payerFsp !== source) return notTheirs('payerFsp is not the FSP that prepares')
  if (body.payeeFsp !== fspId) return notTheirs('payeeFsp is not this FSP')
  const { transferId, amount, ilpPacket, condition, expiration } = body
  return {
    kind: 'transfer-prepared',
    prepare: {
      transferId,
      payerFspId: body.payerFsp,
      payeeFspId: body.payeeFsp,
      amount,
      ilpPacket,
      condition,
      expiresAt: expiration,
    },
  }
})

/** PUT /transfers/{id}: an answer of the payee's FSP, or the switch's own answer to a question. */
export const transferAnswer = (transferId: string): Reader =>
  reader(bodies.fulfilment, ({ transferState, fulfilment }) => ({
    kind: 'transfer-told',
    transferId,
    state: transferState,
    ...(fulfilment === undefined ? {} : { fulfilment }),
  }))

/** PATCH /transfers/{id}: the switch tells the payee's FSP what became of it. */
export const transferNotice = (transferId: string): Reader =>
  reader(bodies.notification, ({ transferState }) => ({
    kind: 'transfer-told',
    transferId,
    state: transferState,
  }))

/** PUT and, since 1.2, PATCH /transfers/{id}/error. */
export const transferRefusal = (transferId: string): Reader =>
  errorReader((error) => ({ kind: 'transfer-refused', transferId, error }))

function errorReader(tell: (error: PeerError) => Told): Reader {
  return reader(bodies.error, ({ errorInformation: { errorCode, errorDescription } }) =>
    tell({ errorCode, description: errorDescription.slice(0, descriptionLengthMax) }),
  )
}

function reader<Schema extends z.ZodType>(
  schema: Schema,
  tell: (body: z.infer<Schema>, between: Parameters<Reader>[1]) => Told | Rejection,
): Reader {
  return (bytes, between) => {
    const body = readJson(Buffer.from(bytes).toString('utf8'))
    const read = schema.safeParse(body)
    return read.success ? tell(read.data, between) : bodyFault(body, read.error)
  }
}

/** Names the member at fault, never its value: 3102 where it is missing, 3101 where it is wrong. */
function bodyFault(body: unknown, error: z.ZodError): Rejection {
  const path = error.issues[0]?.path ?? []
  if (body === undefined) return rejectionOf(fspiopErrors.MALFORMED_SYNTAX, 'the body is not JSON')
  const name = path.length === 0 ? 'the body' : path.join('.')
  return valueAt(body, path) === undefined
    ? rejectionOf(fspiopErrors.MISSING_ELEMENT, name)
    : rejectionOf(fspiopErrors.MALFORMED_SYNTAX, name)
}

function notTheirs(description: string): Rejection {
  return rejectionOf(fspiopErrors.VALIDATION_ERROR, description)
}
