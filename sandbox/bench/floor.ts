import { createPublicKey } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Network } from '../http.ts'
import { makeLabKey } from '../lab/keys.ts'
import { createSigner, signatureProblem } from '../switch/fspiop/signature.ts'

export type FloorOptions = {
  /** As many as the lab sent. */
  readonly messages: number
  readonly inFlight: number
}

/**
 * What the messages alone would cost: each is signed, sent over a socket, verified and answered 202, with nothing else in
 * between. Returns how long all of them took, in ms.
 */
export async function runFloor(
  { messages, inFlight }: FloorOptions,
  { network, clock }: { readonly network: Network; readonly clock: Clock },
): Promise<number> {
  const { privateKeyPem, publicKeyPem } = await makeLabKey(clock)
  const signer = createSigner(privateKeyPem)
  const key = createPublicKey(publicKeyPem)
  const peer = await network.listen(
    (request) => {
      const problem = signatureProblem(request, key)
      if (problem !== undefined) throw new Error(problem)
      return Promise.resolve({ status: 202, headers: {}, bytes: new Uint8Array() })
    },
    { host: '127.0.0.1', port: 0, bodyBytesMax: 1_048_576 },
  )
  let next = 0
  const startedAt = clock.now()
  const lane = async (): Promise<void> => {
    while (next < messages) {
      next += 1
      const answer = await network.send({
        ...signedMessage(signer, clock),
        url: `${peer.url}/transfers`,
        timeoutMs: 10_000,
      })
      if (answer.status !== 202)
        throw new Error(`a message of the floor was answered ${String(answer.status)}`)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  const wallMs = clock.now() - startedAt
  await peer.close()
  return wallMs
}

/** A message of the size and shape of POST /transfers. */
function signedMessage(
  signer: ReturnType<typeof createSigner>,
  clock: Clock,
): Pick<Parameters<Network['send']>[0], 'method' | 'headers' | 'bytes'> {
  const bytes = Buffer.from(
    JSON.stringify({
      transferId: clock.uuid(),
      payerFsp: 'heron',
      payeeFsp: 'weaver',
      amount: { amount: '1', currency: 'KES' },
      ilpPacket: 'A'.repeat(600),
      condition: 'A'.repeat(43),
      expiration: new Date(clock.now()).toISOString(),
    }),
  )
  const path = '/transfers'
  const headers = {
    'content-type': 'application/vnd.interoperability.transfers+json;version=1.1',
    accept: 'application/vnd.interoperability.transfers+json;version=1',
    date: new Date(clock.now()).toUTCString(),
    'fspiop-source': 'heron',
    'fspiop-destination': 'weaver',
    'fspiop-uri': path,
    'fspiop-http-method': 'POST',
  }
  const signature = signer.signatureOf({ method: 'POST', path, headers, bytes })
  return { method: 'POST', headers: { ...headers, 'fspiop-signature': signature }, bytes }
}
