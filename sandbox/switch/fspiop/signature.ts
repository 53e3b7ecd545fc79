import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import type { Headers, HttpRequest } from '../../http.ts'

type Algorithm = { readonly hash: string; readonly keyType: string }

/** Signature 1.1 names the RS family; ES256 is what some FSPs use in practice. */
const algorithms: Readonly<Record<string, Algorithm>> = {
  RS256: { hash: 'sha256', keyType: 'rsa' },
  RS384: { hash: 'sha384', keyType: 'rsa' },
  RS512: { hash: 'sha512', keyType: 'rsa' },
  ES256: { hash: 'sha256', keyType: 'ec' },
}

const keys = new Map<string, KeyObject>()
const keysMax = 1_000

/** The public key in the PEM, parsed once; undefined when it is none that can verify. */
export function publicKeyOf(pem: string): KeyObject | undefined {
  const known = keys.get(pem)
  if (known) return known
  try {
    const key = createPublicKey(pem)
    if (keys.size >= keysMax) keys.clear()
    keys.set(pem, key)
    return key
  } catch {
    return undefined
  }
}

/** What is wrong with the FSPIOP-Signature over these very bytes, in words for a developer; undefined: it verifies. */
export function signatureProblem(request: HttpRequest, key: KeyObject): string | undefined {
  const header = request.headers['fspiop-signature']
  if (header === undefined) return 'FSPIOP-Signature is missing'
  const parts = readParts(header)
  if (!parts) return 'FSPIOP-Signature is not {"signature","protectedHeader"}'
  const fields = readObject(Buffer.from(parts.protectedHeader, 'base64url').toString('utf8'))
  if (!fields) return 'protectedHeader is not base64url of a JSON object'
  const mismatch = fieldProblem(fields, request)
  if (mismatch !== undefined) return mismatch
  const algorithm = algorithms[String(fields['alg'])]
  if (algorithm?.keyType !== key.asymmetricKeyType) return 'alg does not fit the registered key'
  const payload = Buffer.from(request.bytes).toString('base64url')
  const signed = Buffer.from(`${parts.protectedHeader}.${payload}`)
  const signature = Buffer.from(parts.signature, 'base64url')
  const isValid = verify(algorithm?.hash ?? '', signed, verifier(key), signature)
  return isValid ? undefined : 'the signature does not fit the body and the registered key'
}

function verifier(key: KeyObject): Parameters<typeof verify>[2] {
  return key.asymmetricKeyType === 'ec' ? { key, dsaEncoding: 'ieee-p1363' } : key
}

function readParts(header: string): { signature: string; protectedHeader: string } | undefined {
  const parts = readObject(header)
  const signature = parts?.['signature']
  const protectedHeader = parts?.['protectedHeader']
  if (typeof signature !== 'string' || typeof protectedHeader !== 'string') return undefined
  return { signature, protectedHeader }
}

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    return value as Record<string, unknown>
  } catch {
    return undefined
  }
}

const mustBeProtected = ['FSPIOP-URI', 'FSPIOP-HTTP-Method', 'FSPIOP-Source'] as const
const mustAgree = [...mustBeProtected, 'FSPIOP-Destination', 'Date'] as const

/** Signature 1.1 §3.2: what is protected must be what the HTTP message says. */
function fieldProblem(fields: Record<string, unknown>, request: HttpRequest): string | undefined {
  const missing = mustBeProtected.find((name) => typeof fields[name] !== 'string')
  if (missing) return `${missing} is not in the protected header`
  if (!('FSPIOP-Destination' in fields) && 'fspiop-destination' in request.headers) {
    return 'FSPIOP-Destination is not in the protected header'
  }
  const differing = mustAgree.find((name) => {
    const header = request.headers[name.toLowerCase()]
    return header !== undefined && fields[name] !== undefined && header !== fields[name]
  })
  if (differing) return `${differing} differs between the HTTP and the protected header`
  const [path, whole] = [request.path.split('?', 1)[0], request.path]
  if (fields['FSPIOP-URI'] !== whole && fields['FSPIOP-URI'] !== path)
    return 'FSPIOP-URI is not the path that was called'
  if (fields['FSPIOP-HTTP-Method'] !== request.method) return 'FSPIOP-HTTP-Method is another'
  return undefined
}

export type SignedRequest = {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly bytes: Uint8Array
}

export interface Signer {
  /** The value of FSPIOP-Signature for these bytes; the headers must already be those that will be sent. */
  signatureOf(request: SignedRequest): string
  readonly publicKeyPem: string
}

/** Signs with RS256 (an RSA key) or ES256 (an EC key). Throws when the PEM is not a private key. */
export function createSigner(privateKeyPem: string): Signer {
  const key = createPrivateKey(privateKeyPem)
  const isEc = key.asymmetricKeyType === 'ec'
  return {
    publicKeyPem: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
    signatureOf({ method, path, headers, bytes }) {
      const fields = {
        alg: isEc ? 'ES256' : 'RS256',
        'FSPIOP-URI': path,
        'FSPIOP-HTTP-Method': method,
        'FSPIOP-Source': headers['fspiop-source'],
        'FSPIOP-Destination': headers['fspiop-destination'],
        Date: headers['date'],
      }
      const protectedHeader = Buffer.from(JSON.stringify(fields)).toString('base64url')
      const payload = Buffer.from(bytes).toString('base64url')
      const input = Buffer.from(`${protectedHeader}.${payload}`)
      const signature = sign('sha256', input, isEc ? { key, dsaEncoding: 'ieee-p1363' } : key)
      return JSON.stringify({ signature: signature.toString('base64url'), protectedHeader })
    },
  }
}
