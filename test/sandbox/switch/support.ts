import { jest } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'
import type { HttpRequest, HttpResponse } from '../../../sandbox/http.ts'
import { openStore, type Store } from '../../../sandbox/store.ts'
import { switchConfig, type SwitchConfig } from '../../../sandbox/switch/config.ts'
import { createSwitch, type Switch } from '../../../sandbox/switch/switch.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { createFakeNetwork, type FakeNetwork } from '../../support/fake-network.ts'

// The first test of a file makes RSA keys, which takes long on a busy machine.
jest.setTimeout(60_000)

/** Keys are costly to make, so all tests of a file share these. */
const keys = new Map<string, { publicKey: KeyObject; privateKey: KeyObject }>()

function keysOf(name: string): { publicKey: KeyObject; privateKey: KeyObject } {
  const known = keys.get(name)
  if (known) return known
  const fresh = generateKeyPairSync('rsa', { modulusLength: 2048 })
  keys.set(name, fresh)
  return fresh
}

export function pemOf(name: string): { publicKeyPem: string; privateKeyPem: string } {
  const { publicKey, privateKey } = keysOf(name)
  return {
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** An FSP as the switch meets it: it signs what it sends, and keeps what it is sent. */
export type Fsp = {
  readonly name: string
  readonly url: string
  readonly received: readonly HttpRequest[]
  /** What it answers from now on. */
  answer: (request: HttpRequest) => Promise<HttpResponse>
  send(method: string, path: string, options?: SendOptions): Promise<HttpResponse>
  /** What it received, as "PUT /transfers/… body". */
  callbacks(about?: string): readonly { method: string; path: string; body: any }[]
}

export type SendOptions = {
  readonly to?: string
  readonly body?: unknown
  /** The exact bytes, instead of those of `body`. */
  readonly text?: string
  readonly version?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly without?: readonly string[]
  readonly isUnsigned?: boolean
}

export type World = {
  readonly clock: FakeClock
  readonly network: FakeNetwork
  readonly store: Store
  readonly theSwitch: Switch
  readonly heron: Fsp
  readonly weaver: Fsp
  readonly ibis: Fsp
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>
  position(fsp: string, currency?: string): Promise<string>
  /** Ends the switch and starts another over the same store. */
  restart(): Promise<void>
  /** As after kill -9: a new switch on what the last commit left, which nobody tidied. */
  crash(): Promise<void>
}

const names = ['heron', 'weaver', 'ibis'] as const

export async function aWorld(changes: Partial<SwitchConfig> = {}): Promise<World> {
  const clock = createFakeClock()
  const network = createFakeNetwork({ clock })
  const state: { current?: Switch; store: Store } = { store: openStore(':memory:') }
  const listening = await network.listen((request) => state.current!.route(request), {
    host: '127.0.0.1',
    port: 4100,
    bodyBytesMax: 10_000_000,
  })
  const fsps = await Promise.all(
    names.map((name) => anFsp(name, { clock, network, switchUrl: listening.url })),
  )
  const config = switchConfig({
    participants: fsps.map(({ name, url }) => ({
      name,
      callbackUrl: url,
      publicKeyPem: pemOf(name).publicKeyPem,
      accounts: [
        { currency: 'KES', netDebitCap: '1000', liquidity: '5000' },
        { currency: 'UGX', netDebitCap: '1000', liquidity: '5000' },
      ],
    })),
    ...changes,
  })
  const start = (from: Store): Switch =>
    createSwitch(config, { clock, network, store: from, keys: pemOf('switch') })
  state.current = start(state.store)
  const call: World['call'] = async (method, path, body) => {
    const bytes = body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body))
    const answer = await state.current!.route({ method, path, headers: {}, bytes })
    const text = Buffer.from(answer.bytes).toString()
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  const [heron, weaver, ibis] = fsps
  return {
    clock,
    network,
    get store() {
      return state.store
    },
    get theSwitch() {
      return state.current!
    },
    heron: heron!,
    weaver: weaver!,
    ibis: ibis!,
    settle: () => clock.advance(0),
    call,
    async position(fsp, currency = 'KES') {
      const { body } = await call(
        'GET',
        `/admin/participants/${fsp}/positions?currency=${currency}`,
      )
      return body[0].value
    },
    async restart() {
      state.current!.close()
      state.current = start(state.store)
      await clock.advance(0)
    },
    async crash() {
      const folder = mkdtempSync(join(tmpdir(), 'switch-'))
      state.store.exec(`VACUUM INTO '${join(folder, 'left.db')}'`)
      state.current!.close()
      state.store = openStore(join(folder, 'left.db'))
      state.current = start(state.store)
      await clock.advance(0)
      rmSync(folder, { recursive: true })
    },
  }
}

async function anFsp(
  name: string,
  ports: { clock: FakeClock; network: FakeNetwork; switchUrl: string },
): Promise<Fsp> {
  const { clock, network, switchUrl } = ports
  const received: HttpRequest[] = []
  const { url } = await network.listen(
    (request) => {
      received.push(request)
      return fsp.answer(request)
    },
    { host: `${name}.test`, port: 80, bodyBytesMax: 10_000_000 },
  )
  const fsp: Fsp = {
    name,
    url,
    received,
    answer: async () => ({ status: 200, headers: {}, bytes: new Uint8Array() }),
    send: async (method, path, options = {}) => {
      const { headers, bytes } = signed(name, { method, path, clock, options })
      const url = switchUrl + path
      const answered = network.send({ method, url, headers, bytes, timeoutMs: 5_000 })
      // Whoever is waited for has to be given time.
      await clock.advance(0)
      return answered
    },
    callbacks: (about = '') =>
      received
        .filter(({ path }) => path.includes(about))
        .map(({ method, path, bytes }) => ({ method, path, body: parsed(bytes) })),
  }
  return fsp
}

function parsed(bytes: Uint8Array): any {
  const text = Buffer.from(bytes).toString()
  return text === '' ? undefined : JSON.parse(text)
}

function signed(
  name: string,
  of: { method: string; path: string; clock: FakeClock; options: SendOptions },
): { headers: Record<string, string>; bytes: Uint8Array } {
  const { method, path, clock, options } = of
  const { to, body, text, version = '1.1' } = options
  const resource = path.split(/[/?]/)[1]!
  const bytes = Buffer.from(text ?? (body === undefined ? '' : JSON.stringify(body)))
  const headers: Record<string, string> = {
    'content-type': `application/vnd.interoperability.${resource}+json;version=${version}`,
    date: new Date(clock.now()).toUTCString(),
    'fspiop-source': name,
  }
  if (method !== 'PUT')
    headers['accept'] = `application/vnd.interoperability.${resource}+json;version=1`
  if (to !== undefined) headers['fspiop-destination'] = to
  if (bytes.length > 0 && options.isUnsigned !== true) {
    headers['fspiop-signature'] = signatureOf(name, { method, path, headers, bytes })
  }
  const missing = options.without ?? []
  const kept = Object.entries({ ...headers, ...options.headers }).filter(
    ([header]) => !missing.includes(header),
  )
  return { headers: Object.fromEntries(kept), bytes }
}

/** Signature 1.1, by the book. */
export function signatureOf(
  name: string,
  of: { method: string; path: string; headers: Record<string, string>; bytes: Uint8Array },
): string {
  const fields = {
    alg: 'RS256',
    'FSPIOP-Source': of.headers['fspiop-source'],
    'FSPIOP-Destination': of.headers['fspiop-destination'],
    'FSPIOP-URI': of.path,
    'FSPIOP-HTTP-Method': of.method,
    Date: of.headers['date'],
  }
  const protectedHeader = Buffer.from(JSON.stringify(fields)).toString('base64url')
  const input = `${protectedHeader}.${Buffer.from(of.bytes).toString('base64url')}`
  const signature = sign('sha256', Buffer.from(input), keysOf(name).privateKey)
  return JSON.stringify({ signature: signature.toString('base64url'), protectedHeader })
}

/** Whether the message is signed by this party, over exactly these bytes and headers. */
export function isSignedBy(signerPem: string, request: HttpRequest): boolean {
  const { signature, protectedHeader } = JSON.parse(request.headers['fspiop-signature']!)
  const fields = JSON.parse(Buffer.from(protectedHeader, 'base64url').toString())
  const input = `${protectedHeader}.${Buffer.from(request.bytes).toString('base64url')}`
  const isValid = verify(
    'sha256',
    Buffer.from(input),
    createPublicKey(signerPem),
    Buffer.from(signature, 'base64url'),
  )
  return (
    isValid &&
    fields['FSPIOP-Source'] === request.headers['fspiop-source'] &&
    fields['FSPIOP-Destination'] === request.headers['fspiop-destination'] &&
    fields['FSPIOP-URI'] === request.path &&
    fields['FSPIOP-HTTP-Method'] === request.method &&
    fields.Date === request.headers['date']
  )
}

export const fulfilment = Buffer.alloc(32, 7).toString('base64url')
export const condition = createHash('sha256').update(Buffer.alloc(32, 7)).digest('base64url')
export const otherFulfilment = Buffer.alloc(32, 8).toString('base64url')

export function anId(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}

/** POST /transfers from heron to weaver that runs out in 30 s, unless said otherwise. */
export function aPrepare(
  world: World,
  changes: Readonly<Record<string, unknown>> & { amount?: unknown } = {},
): Record<string, unknown> & { transferId: string } {
  return {
    transferId: anId(1),
    payerFsp: 'heron',
    payeeFsp: 'weaver',
    amount: { amount: '100', currency: 'KES' },
    ilpPacket: 'AYIBgQAAAAAAAASw',
    condition,
    expiration: new Date(world.clock.now() + 30_000).toISOString(),
    ...changes,
  }
}

export function aFulfil(
  world: World,
  transferState: string,
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    fulfilment,
    completedTimestamp: new Date(world.clock.now()).toISOString(),
    transferState,
    ...changes,
  }
}

/** heron prepares a transfer to weaver; it is RESERVED when this returns. */
export async function reserve(
  world: World,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const body = aPrepare(world, changes)
  await world.heron.send('POST', '/transfers', { to: String(body['payeeFsp']), body })
  await world.settle()
  return body.transferId
}

/** weaver fulfils it; everything is delivered when this returns. */
export async function fulfil(
  world: World,
  transferId: string,
  changes: { state?: string; body?: Record<string, unknown>; version?: string } = {},
): Promise<HttpResponse> {
  const { state = 'RESERVED', version = '1.1' } = changes
  const answer = await world.weaver.send('PUT', `/transfers/${transferId}`, {
    to: 'heron',
    version,
    body: changes.body ?? aFulfil(world, state),
  })
  await world.settle()
  return answer
}

export function errorOf(answer: { readonly bytes: Uint8Array }): string | undefined {
  return parsed(answer.bytes)?.errorInformation?.errorCode
}
