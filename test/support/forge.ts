import { expect } from '@jest/globals'
import { httpDate } from '../../sandbox/switch/fspiop/date.ts'
import { mediaType } from '../../sandbox/switch/fspiop/header-rules.ts'
import { createSigner } from '../../sandbox/switch/fspiop/signature.ts'
import type { BankName } from './journey.ts'
import { whileTimePasses, type VirtualLab } from './virtual-lab.ts'

/** A message that one party of the lab never sent, signed with its own key. */
export type Forgery = {
  readonly by: BankName | 'switch'
  readonly to: BankName
  readonly method: 'POST' | 'PUT' | 'PATCH'
  /** From the resource on. */
  readonly path: string
  readonly body: unknown
  /** Of its Date; now unless told otherwise. */
  readonly at?: number
}

/** Sends it to the hub, past the switch; the hub's status. */
export async function forge(lab: VirtualLab, forgery: Forgery): Promise<number> {
  const { by, to, method, path, body, at = lab.clock.now() } = forgery
  const bytes = Buffer.from(JSON.stringify(body))
  const resource = path.split('/')[1] ?? ''
  const headers = {
    'content-type': mediaType(resource, '1.1'),
    ...(method === 'POST' ? { accept: mediaType(resource, '1') } : {}),
    date: httpDate(at),
    'fspiop-source': by,
    'fspiop-destination': to,
    'fspiop-uri': path,
    'fspiop-http-method': method,
  }
  const signer = createSigner(lab.keys.get(by)?.privateKeyPem ?? '')
  const signature = signer.signatureOf({ method, path, headers, bytes })
  const sending = lab.network.send({
    method,
    url: `${lab.hub}/fsp/${to}${path}`,
    headers: { ...headers, 'fspiop-signature': signature },
    bytes,
    timeoutMs: 10_000,
  })
  return (await whileTimePasses(lab.clock, sending)).status
}

/** Tells the state of a transfer (PUT /transfers/{id}), by the switch unless told otherwise. */
export async function tell(
  lab: VirtualLab,
  id: string,
  told: {
    readonly state: string
    readonly fulfilment?: string
    readonly by?: Forgery['by']
    readonly to?: BankName
    readonly at?: number
  },
): Promise<void> {
  const { state: transferState, fulfilment, by = 'switch', to = 'heron', at } = told
  const body = { transferState, ...(fulfilment === undefined ? {} : { fulfilment }) }
  const when = at === undefined ? {} : { at }
  const status = await forge(lab, {
    by,
    to,
    method: 'PUT',
    path: `/transfers/${id}`,
    body,
    ...when,
  })
  expect(status).toBe(200)
}

/** Tells an error about a transfer (PUT /transfers/{id}/error), by the switch unless told otherwise. */
export async function tellError(
  lab: VirtualLab,
  id: string,
  told: {
    readonly code: string
    readonly words?: string
    readonly by?: Forgery['by']
    readonly to?: BankName
    readonly at?: number
  },
): Promise<void> {
  const { code: errorCode, words: errorDescription = 'told by a test', by = 'switch' } = told
  const when = told.at === undefined ? {} : { at: told.at }
  const status = await forge(lab, {
    by,
    to: told.to ?? 'heron',
    method: 'PUT',
    path: `/transfers/${id}/error`,
    body: { errorInformation: { errorCode, errorDescription } },
    ...when,
  })
  expect(status).toBe(200)
}
