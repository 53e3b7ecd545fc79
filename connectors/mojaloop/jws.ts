import { createPrivateKey, createPublicKey, verify, type KeyObject } from 'node:crypto'
import sdk from '@mojaloop/sdk-standard-components'
import type { Headers, HttpRequest } from '../../hub/http.ts'
import { silentLogger } from './ilp.ts'
import {
  isSameAddress,
  readProtectedHeader,
  readSignatureHeader,
  type ProtectedHeader,
} from './wire.ts'

/** A message before it is signed. The headers hold all that the signature vouches for: FSPIOP-URI, Source, Date … */
export type UnsignedMessage = {
  readonly method: string
  readonly headers: Headers
  readonly body: string
}

/** Signs a body exactly as it stands; gives the value of FSPIOP-Signature (Signature v1.1). */
export type Sign = (message: UnsignedMessage) => string

/** Says what is wrong with a request's signature, in words without its values; undefined when it is right. */
export type FindSignatureFault = (request: HttpRequest) => string | undefined

/** The library's types know only bodies that are objects; its code signs a text as it stands. */
interface TextSigner {
  getSignature(request: {
    body?: unknown
    uri?: string
    method?: string
    headers?: Record<string, unknown>
  }): string
}

/** Makes the signer of one FSP: RS256, by the Mojaloop library, with the key read once instead of at each signature. */
export function createSigner(signingKeyPem: string): Sign {
  const library = new sdk.Jws.signer({ logger: silentLogger, signingKey: signingKeyPem })
  const signer: TextSigner = Object.assign(library, { signingKey: createPrivateKey(signingKeyPem) })
  return ({ method, headers, body }) =>
    signer.getSignature({ method, headers, body, uri: headers['fspiop-uri'] ?? '' })
}

const digests = {
  RS256: 'RSA-SHA256',
  RS384: 'RSA-SHA384',
  RS512: 'RSA-SHA512',
} as const satisfies Record<ProtectedHeader['alg'], string>

/**
 * Makes the verifier over the raw bytes received: the library's own re-serialises the parsed body, and so refuses what
 * the specification allows. A missing signature, an unknown signer, another algorithm, and any difference between the
 * protected header and the request are faults (Signature v1.1 §4).
 */
export function createVerifier(peerKeyPems: Readonly<Record<string, string>>): FindSignatureFault {
  const keys = new Map<string, KeyObject>()
  for (const [name, pem] of Object.entries(peerKeyPems)) keys.set(name, createPublicKey(pem))
  return (request) => {
    const key = keys.get(request.headers['fspiop-source'] ?? '')
    if (key === undefined) return 'no key is known for the sender'
    const header = request.headers['fspiop-signature']
    if (header === undefined) return 'the message is not signed'
    const parts = readSignatureHeader(header)
    if (parts === undefined) return 'FSPIOP-Signature is malformed'
    const signed = readProtectedHeader(parts.protectedHeader)
    if (signed === undefined) return 'the protected header is malformed'
    return (
      findAddressFault(signed, request) ??
      findHeaderFault(signed, request.headers) ??
      findBytesFault({ ...parts, alg: signed.alg, bytes: request.bytes }, key)
    )
  }
}

/** The headers of the same name, where there are any, are compared with all others below. */
function findAddressFault(
  signed: ProtectedHeader,
  { method, path }: HttpRequest,
): string | undefined {
  if (!isSameAddress(signed['FSPIOP-URI'], path)) return 'FSPIOP-URI is not what was called'
  if (signed['FSPIOP-HTTP-Method'].toUpperCase() !== method)
    return 'FSPIOP-HTTP-Method is not what was used'
  return undefined
}

/** Parameters of JWS itself (RFC 7515 §4.1); every other one stands for the HTTP header of its name. */
const jwsParameters: ReadonlySet<string> = new Set([
  'alg',
  'typ',
  'cty',
  'kid',
  'jku',
  'jwk',
  'x5c',
  'x5t',
  'x5t#S256',
  'x5u',
])

/** The specification's own example has these two only in the protected header; the request line stands for them. */
const optionalHeaders: ReadonlySet<string> = new Set(['fspiop-uri', 'fspiop-http-method'])

function findHeaderFault(signed: ProtectedHeader, headers: Headers): string | undefined {
  if (signed['FSPIOP-Destination'] !== headers['fspiop-destination'])
    return differs('FSPIOP-Destination')
  for (const [name, value] of Object.entries(signed)) {
    if (jwsParameters.has(name)) continue
    const header = headers[name.toLowerCase()]
    if (header === undefined && optionalHeaders.has(name.toLowerCase())) continue
    if (header !== value) return differs(name)
  }
  return undefined
}

function differs(header: string): string {
  return `${header} is not the one that was signed`
}

type SignedBytes = {
  readonly alg: ProtectedHeader['alg']
  readonly protectedHeader: string
  readonly signature: string
  readonly bytes: Uint8Array
}

function findBytesFault(signed: SignedBytes, key: KeyObject): string | undefined {
  const signature = Buffer.from(signed.signature, 'base64url')
  // A decoder ignores stray characters and spare bits; a signature has only one spelling.
  if (signature.toString('base64url') !== signed.signature) return 'the signature is malformed'
  const { buffer, byteOffset, byteLength } = signed.bytes
  const payload = Buffer.from(buffer, byteOffset, byteLength).toString('base64url')
  const input = Buffer.from(`${signed.protectedHeader}.${payload}`, 'latin1')
  const isRight = verify(digests[signed.alg], input, key, signature)
  return isRight ? undefined : 'the signature does not fit the body'
}
