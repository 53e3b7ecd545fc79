import fc from 'fast-check'
import { httpDate } from '../../../sandbox/switch/fspiop/date.ts'
import { createSigner, type Signer } from '../../../sandbox/switch/fspiop/signature.ts'
import type { VirtualLab } from '../virtual-lab.ts'
import { bytesOf, damaged, nastyHeader, nastySegment } from './junk.ts'
import type { HostileRequest, Target } from './strangers.ts'

/** What an eavesdropper has learnt: transfers and quotes that are over, and every signed message that was sent. */
export type Overheard = {
  readonly transferIds: readonly string[]
  readonly quoteIds: readonly string[]
  readonly prepares: readonly Readonly<Record<string, unknown>>[]
  readonly terms: readonly Readonly<Record<string, unknown>>[]
  readonly fulfilments: readonly string[]
  /** As they went to the hub, the switch or the bank on its own feet, byte for byte. */
  readonly sent: readonly HostileRequest[]
}

const members = ['heron', 'weaver', 'ibis', 'kingfisher'] as const

/** The bank that speaks for itself in the lab that is lied to; the hub speaks for the others. */
export const direct = 'kingfisher'

type Draft = {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

type Message = {
  readonly by: string
  readonly to: string
  readonly at: 'hub' | 'switch'
  readonly method: string
  readonly path: string
  readonly text: string
  readonly type: string
  readonly destination: string
  readonly ageMs: number
}

/** Listens to all that was sent in the lab from there (an index of the network's traffic) until now. */
export function overhear(lab: VirtualLab, from = 0): Overheard {
  const places: readonly (readonly [string, Target])[] = [
    [lab.hub, 'hub'],
    [lab.switch, 'switch'],
    [lab.banks[direct] ?? '', direct],
  ]
  const sent = lab.network.traffic.slice(from).flatMap(({ url, request }) => {
    if (request.headers['fspiop-signature'] === undefined) return []
    const target = places.find(([base]) => url.startsWith(base))?.[1]
    const { method, path, headers, bytes } = request
    return target === undefined ? [] : [{ target, method, path, headers, bytes }]
  })
  const bodies = (pattern: RegExp): readonly Record<string, unknown>[] =>
    sent.filter(({ method, path }) => pattern.test(`${method} ${path}`)).map(bodyOf)
  const prepares = bodies(/^POST \/transfers$/)
  const questions = bodies(/^POST \/quotes$/)
  return {
    transferIds: [...new Set(prepares.map(({ transferId }) => String(transferId)))],
    quoteIds: [...new Set(questions.map(({ quoteId }) => String(quoteId)))],
    prepares,
    terms: bodies(/^PUT \/quotes\/[^/]+$/),
    fulfilments: bodies(/^PUT \/transfers\/[^/]+$/).map(({ fulfilment }) => String(fulfilment)),
    sent,
  }
}

function bodyOf({ bytes }: HostileRequest): Record<string, unknown> {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>
}

/** Messages whose signatures are right and whose contents are not, by every member of the scheme and by the switch itself. */
export function byPeers(lab: VirtualLab, overheard: Overheard): fc.Arbitrary<HostileRequest> {
  const signers = new Map<string, Signer>()
  for (const [name, { privateKeyPem }] of lab.keys) signers.set(name, createSigner(privateKeyPem))
  const replayed = fc.constantFrom(...overheard.sent)
  const lied = messages(overheard).map((message) => signed(message, signers, lab.clock.now()))
  return fc.oneof({ weight: 1, arbitrary: replayed }, { weight: 5, arbitrary: lied })
}

function messages(overheard: Overheard): fc.Arbitrary<Message> {
  return fc
    .record({
      // The switch's word about a transfer is the truth by definition: it lies in tests of its own.
      by: fc.constantFrom(...members, 'switch'),
      to: fc.constantFrom(...members),
      at: fc.constantFrom('hub' as const, 'hub' as const, 'switch' as const),
      draft: drafts(overheard),
      destination: fc.constantFrom('right', 'right', 'right', 'none', 'wrong', 'nasty'),
      version: fc.constantFrom('1.1', '1.1', '1.1', '1.0', '1.2', '2.0', '99', ''),
      nasty: nastyHeader,
      ageMs: fc.constantFrom(0, 0, 0, 3_600_000, -3_600_000, 86_400_000 * 400),
    })
    .chain(({ draft, ...rest }) =>
      damaged(draft.body).map((text): Message => {
        const { by, to, at, destination, version, nasty, ageMs } = rest
        const resource = draft.path.split('/')[1] ?? ''
        const base = `application/vnd.interoperability.${resource}+json`
        return {
          by,
          to,
          at,
          ...draft,
          text,
          ageMs,
          type: version === '' ? nasty : `${base};version=${version}`,
          destination: { right: to, none: '', wrong: by, nasty }[destination],
        }
      }),
    )
}

/** What is said, before it is damaged. */
function drafts(overheard: Overheard): fc.Arbitrary<Draft> {
  const { transferIds, quoteIds, prepares, terms, fulfilments } = overheard
  const transferId = fc.oneof(fc.constantFrom(...transferIds), fc.uuid(), nastySegment)
  const quoteId = fc.oneof(fc.constantFrom(...quoteIds), fc.uuid(), nastySegment)
  const fulfilment = fc.oneof(
    fc.constantFrom(...fulfilments),
    fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((b) => Buffer.from(b).toString('base64url')),
  )
  const told = fc.record(
    { transferState: fc.constantFrom('COMMITTED', 'RESERVED', 'ABORTED', 'RECEIVED'), fulfilment },
    { requiredKeys: ['transferState'] },
  )
  const completed = told.map((body) => ({
    ...body,
    completedTimestamp: '2026-01-01T00:00:00.000Z',
  }))
  const error = fc
    .constantFrom('3208', '5104', '3303', '2001', '0000')
    .map((errorCode) => ({ errorInformation: { errorCode, errorDescription: 'x' } }))
  const draft = (
    method: string,
    path: fc.Arbitrary<string>,
    body: fc.Arbitrary<unknown>,
  ): fc.Arbitrary<Draft> => fc.record({ method: fc.constant(method), path, body })
  return fc.oneof(
    draft(
      'PUT',
      transferId.map((id) => `/transfers/${id}`),
      completed,
    ),
    draft(
      'PATCH',
      transferId.map((id) => `/transfers/${id}`),
      completed,
    ),
    draft(
      'PUT',
      transferId.map((id) => `/transfers/${id}/error`),
      error,
    ),
    draft('POST', fc.constant('/transfers'), stolenPrepare(prepares, transferIds)),
    draft(
      'PUT',
      quoteId.map((id) => `/quotes/${id}`),
      fc.constantFrom(...terms),
    ),
    draft(
      'PUT',
      quoteId.map((id) => `/quotes/${id}/error`),
      error,
    ),
    draft('POST', fc.constant('/quotes'), strangeQuestion()),
    draft(
      'PUT',
      nastySegment.map((id) => `/parties/MSISDN/${id}`),
      partyAnswer(),
    ),
    draft(
      'PUT',
      nastySegment.map((id) => `/participants/MSISDN/${id}`),
      fc.constant({ fspId: 'ibis' }),
    ),
    draft(
      'PUT',
      nastySegment.map((id) => `/parties/MSISDN/${id}/error`),
      error,
    ),
  )
}

/** A quote that was given to another, or was used before: for another amount, another transfer, another payer. */
function stolenPrepare(
  prepares: Overheard['prepares'],
  transferIds: readonly string[],
): fc.Arbitrary<object> {
  const changes = fc.record(
    {
      transferId: fc.oneof(fc.constantFrom(...transferIds), fc.uuid()),
      payerFsp: fc.constantFrom(...members),
      payeeFsp: fc.constantFrom(...members),
      amount: fc.record({
        amount: fc.constantFrom(
          '1',
          '0.01',
          '999999999999999999',
          '100.5',
          '0',
          '-5',
          '1e9',
          '10.50',
        ),
        currency: fc.constantFrom('KES', 'UGX', 'USD'),
      }),
      expiration: fc.constantFrom('2026-01-02T00:00:00.000Z', '1999-01-01T00:00:00.000Z', 'soon'),
    },
    { requiredKeys: [] },
  )
  return fc.tuple(fc.constantFrom(...prepares), changes).map(([prepare, change]) => {
    return { ...prepare, expiration: '2026-01-02T00:00:00.000Z', ...change }
  })
}

/** Questions about nobody, or for what cannot be. Nothing moves by a question. */
function strangeQuestion(): fc.Arbitrary<object> {
  const partyOf = (partyIdentifier: string, fspId: string): object => ({
    partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier, fspId },
  })
  return fc
    .record({
      quoteId: fc.uuid(),
      transactionId: fc.uuid(),
      amount: fc.constantFrom('5', '999999999999999999', '0', '0.001'),
      currency: fc.constantFrom('KES', 'UGX', 'XXX'),
      payee: fc.constantFrom('254720000009', '254720000002', '254720000007'),
      payeeFsp: fc.constantFrom(...members),
      payerFsp: fc.constantFrom(...members, 'nobody'),
    })
    .map(({ quoteId, transactionId, amount, currency, payee, payeeFsp, payerFsp }) => ({
      quoteId,
      transactionId,
      payee: partyOf(payee, payeeFsp),
      payer: partyOf('254710000001', payerFsp),
      amountType: 'SEND',
      amount: { amount, currency },
      transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
    }))
}

function partyAnswer(): fc.Arbitrary<object> {
  return fc.constantFrom(...members).map((fspId) => ({
    party: {
      partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: '254720000002', fspId },
      name: 'Mallory',
    },
  }))
}

function signed(
  message: Message,
  signers: ReadonlyMap<string, Signer>,
  nowMs: number,
): HostileRequest {
  const { by, to, at, method, path, text, type, destination, ageMs } = message
  const bytes = bytesOf(text)
  const headers = {
    'content-type': type,
    ...(method === 'POST' ? { accept: type } : {}),
    date: httpDate(nowMs - ageMs),
    'fspiop-source': by,
    ...(destination === '' ? {} : { 'fspiop-destination': destination }),
    'fspiop-uri': path,
    'fspiop-http-method': method,
  }
  const signature = signers.get(by)?.signatureOf({ method, path, headers, bytes }) ?? ''
  const place = at === 'hub' && to === direct ? direct : at
  const prefix = { hub: `/fsp/${to}`, switch: '', [direct]: '/fspiop' }[place]
  return {
    target: place,
    method,
    path: prefix + path,
    headers: { ...headers, 'fspiop-signature': signature },
    bytes,
  }
}
