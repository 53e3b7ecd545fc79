import { createBank, type Bank } from '../../../../sandbox/bank/bank.ts'
import type { FspiopTimes } from '../../../../sandbox/bank/fspiop/config.ts'
import { createJws } from '../../../../sandbox/bank/fspiop/jws.ts'
import type { HttpRequest } from '../../../../sandbox/http.ts'
import { makeLabKey, type LabKey } from '../../../../sandbox/lab/keys.ts'
import { readBankSeed } from '../../../../sandbox/seed.ts'
import { openStore, type Store } from '../../../../sandbox/store.ts'
import { createFakeClock, type FakeClock } from '../../../support/fake-clock.ts'
import { createFakeNetwork } from '../../../support/fake-network.ts'

const times: FspiopTimes = {
  lookupMs: 10_000,
  quoteMs: 60_000,
  transferMs: 30_000,
  graceMs: 5_000,
  resolverFirstMs: 1_000,
  resolverMaxMs: 60_000,
  clockSkewMsMax: 2_000,
  bookingRetryMs: 5_000,
}

/** What the bank has sent to the switch: "PUT /quotes/…", and its body. */
export type Sent = { readonly line: string; readonly request: HttpRequest; readonly body: any }

/** Kingfisher on its own feet before a switch that only listens, and a test that speaks for everybody else. */
export type DirectBank = {
  readonly bank: Bank
  readonly clock: FakeClock
  readonly store: Store
  readonly sent: readonly Sent[]
  /** Says something in the name of the switch, or of heron; the answer's status and error code. */
  tell(message: Told): Promise<{ readonly status: number; readonly errorCode: string | undefined }>
  /** What the books say of the transfer. */
  booked(transferId: string): string | undefined
  ask(method: string, path: string, body?: unknown): Promise<any>
}

export type Told = {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly source?: 'switch' | 'heron'
  readonly signature?: 'none' | 'wrong'
  readonly headers?: Readonly<Record<string, string>>
}

const names = ['kingfisher', 'heron', 'switch'] as const
let keys: Promise<ReadonlyMap<string, LabKey>> | undefined

async function sharedKeys(): Promise<ReadonlyMap<string, LabKey>> {
  keys ??= Promise.all(
    names.map((name) => makeLabKey(createFakeClock()).then((key) => [name, key] as const)),
  ).then((made) => new Map(made))
  return keys
}

export async function aDirectBank({
  store = openStore(':memory:'),
  clock = createFakeClock(),
}: { readonly store?: Store; readonly clock?: FakeClock } = {}): Promise<DirectBank> {
  const labKeys = await sharedKeys()
  const keyOf = (name: string): LabKey => labKeys.get(name)!
  const network = createFakeNetwork({ clock })
  const sent: Sent[] = []
  await network.listen(
    async (request) => {
      const text = Buffer.from(request.bytes).toString('utf8')
      sent.push({
        line: `${request.method} ${request.path}`,
        request,
        body: text === '' ? undefined : JSON.parse(text),
      })
      return { status: 202, headers: {}, bytes: new Uint8Array() }
    },
    { host: 'switch', port: 80, bodyBytesMax: 1_000_000 },
  )
  const peerKeyPems = Object.fromEntries(names.map((name) => [name, keyOf(name).publicKeyPem]))
  const config = {
    fspId: 'kingfisher',
    switchId: 'switch',
    switchUrl: 'http://switch',
    privateKeyPem: keyOf('kingfisher').privateKeyPem,
    peerKeyPems,
    ilpSecret: keyOf('kingfisher').secret,
    times,
  }
  const bank = createBank(readBankSeed('kingfisher'), { clock, store }, { config, http: network })
  const route = async (request: HttpRequest): Promise<any> => {
    const { status, bytes } = await bank.route(request)
    await clock.advance(1)
    const text = Buffer.from(bytes).toString('utf8')
    return { status, body: text === '' ? undefined : JSON.parse(text) }
  }
  return {
    bank,
    clock,
    store,
    sent,
    booked: (id) => bank.books().transfers.find((each) => each.transferCode === id)?.state,
    ask: (method, path, body) =>
      route({ method, path, headers: {}, bytes: Buffer.from(JSON.stringify(body ?? {})) }),
    async tell(message) {
      const { method, path, body, source = 'switch', signature, headers: more = {} } = message
      const mediaType = `application/vnd.interoperability.${path.split('/')[1] ?? ''}+json`
      const headers = {
        'content-type': `${mediaType};version=1.1`,
        accept: `${mediaType};version=1`,
        date: new Date(clock.now()).toUTCString(),
        'fspiop-source': source,
        'fspiop-destination': 'kingfisher',
        ...more,
      }
      const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body))
      const signer = signature === 'wrong' ? 'kingfisher' : source
      const jws = createJws({ privateKeyPem: keyOf(signer).privateKeyPem, peerKeyPems })
      const signed = jws.sign({ method, path, headers, bytes })
      const { status, body: answer } = await route({
        method,
        path: `/fspiop${path}`,
        headers: signature === 'none' ? headers : { ...headers, 'fspiop-signature': signed },
        bytes,
      })
      return { status, errorCode: answer?.errorInformation.errorCode }
    },
  }
}

export const ids = {
  quote: '11111111-1111-4111-8111-111111111111',
  transaction: '22222222-2222-4222-8222-222222222222',
  transfer: '33333333-3333-4333-8333-333333333333',
}

export function party(msisdn: string, fspId: string): object {
  return { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: msisdn, fspId } }
}

/** POST /quotes of heron: 100.50 KES for kingfisher's second customer. */
export function aQuoteRequest(changes: object = {}): Told {
  return {
    method: 'POST',
    path: '/quotes',
    source: 'heron',
    body: {
      quoteId: ids.quote,
      transactionId: ids.transaction,
      payee: party('254740000002', 'kingfisher'),
      payer: party('254710000001', 'heron'),
      amountType: 'SEND',
      amount: { amount: '100.5', currency: 'KES' },
      transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
      ...changes,
    },
  }
}

/** POST /transfers that fits the quote that the bank gave. */
export function aPrepare(bank: DirectBank, changes: object = {}): Told {
  const { ilpPacket, condition, transferAmount } = bank.sent.find(
    ({ line }) => line === `PUT /quotes/${ids.quote}`,
  )!.body
  return {
    method: 'POST',
    path: '/transfers',
    source: 'heron',
    body: {
      transferId: ids.transfer,
      payerFsp: 'heron',
      payeeFsp: 'kingfisher',
      amount: transferAmount,
      ilpPacket,
      condition,
      expiration: new Date(bank.clock.now() + 30_000).toISOString(),
      ...changes,
    },
  }
}
