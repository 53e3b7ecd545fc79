import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import type { Headers } from '../../http.ts'

/** What is signed: the headers are those that travel with it, names in lower case; the path starts at the resource. */
export type SignedMessage = {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly bytes: Uint8Array
}

/** FSPIOP-Signature with this bank's key, and with those of the participants that it knows (Signature 1.1). */
export interface Jws {
  /** The header's value over these very bytes. */
  sign(message: SignedMessage): string
  /** What is wrong with the signature of the message's FSPIOP-Source, in words; undefined when it verifies. */
  problemOf(message: SignedMessage): string | undefined
}

/** The hash of each algorithm of Signature 1.1; all are RSA. */
const hashes: ReadonlyMap<string, string> = new Map([
  ['RS256', 'sha256'],
  ['RS384', 'sha384'],
  ['RS512', 'sha512'],
])

/** Reads all keys; throws when one is no key. */
export function createJws(keys: {
  readonly privateKeyPem: string
  readonly peerKeyPems: Readonly<Record<string, string>>
}): Jws {
  const ownKey = createPrivateKey(keys.privateKeyPem)
  const peerKeys = new Map(
    Object.entries(keys.peerKeyPems).map(([fspId, pem]) => [fspId, createPublicKey(pem)]),
  )
  return {
    sign(message) {
      const protectedHeader = encoded(JSON.stringify({ alg: 'RS256', ...protectedFields(message) }))
      const input = signingInput(protectedHeader, message.bytes)
      const signature = sign('sha256', input, ownKey).toString('base64url')
      return JSON.stringify({ signature, protectedHeader })
    },
    problemOf(message) {
      const source = message.headers['fspiop-source'] ?? ''
      const key = peerKeys.get(source)
      return key ? problemWith(message, key) : `no key of ${source} is known`
    },
  }
}

function protectedFields({ method, path, headers }: SignedMessage): Record<string, string> {
  const destination = headers['fspiop-destination']
  return {
    'FSPIOP-URI': path,
    'FSPIOP-HTTP-Method': method,
    'FSPIOP-Source': headers['fspiop-source'] ?? '',
    ...(destination === undefined ? {} : { 'FSPIOP-Destination': destination }),
    Date: headers['date'] ?? '',
  }
}

const headerSchema = z.object({ signature: z.string(), protectedHeader: z.string() })
const fieldsSchema = z.record(z.string(), z.unknown())

function problemWith(message: SignedMessage, key: KeyObject): string | undefined {
  const header = headerSchema.safeParse(jsonOf(message.headers['fspiop-signature'] ?? ''))
  if (!header.success) return 'FSPIOP-Signature is missing or malformed'
  const { signature, protectedHeader } = header.data
  const fields = fieldsSchema.safeParse(
    jsonOf(Buffer.from(protectedHeader, 'base64url').toString('utf8')),
  )
  if (!fields.success) return 'the protected header is no JSON object'
  const hash = hashes.get(String(fields.data['alg']))
  if (hash === undefined) return 'the algorithm is none of RS256, RS384, RS512'
  const wrong = wrongField(fields.data, message)
  if (wrong !== undefined) return `${wrong} is not as the message says`
  const input = signingInput(protectedHeader, message.bytes)
  const isGenuine = verify(hash, input, key, Buffer.from(signature, 'base64url'))
  return isGenuine ? undefined : 'the signature does not fit the body and the sender'
}

/** Signature 1.1 §3.2: all that the message says of itself stands in the protected header too; only Date may be left out. */
function wrongField(
  fields: Readonly<Record<string, unknown>>,
  message: SignedMessage,
): string | undefined {
  const expected = protectedFields(message)
  return Object.entries(expected)
    .filter(([name]) => name !== 'Date' || 'Date' in fields)
    .find(([name, value]) => fields[name] !== value)?.[0]
}

function signingInput(protectedHeader: string, bytes: Uint8Array): Buffer {
  return Buffer.from(`${protectedHeader}.${Buffer.from(bytes).toString('base64url')}`)
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url')
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
