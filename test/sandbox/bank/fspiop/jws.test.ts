import { constants, createSign, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { createJws, type SignedMessage } from '../../../../sandbox/bank/fspiop/jws.ts'

function aKey() {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
}

const heron = aKey()
const kingfisher = aKey()
const peerKeyPems = { heron: heron.publicKey, kingfisher: kingfisher.publicKey }
const heronJws = createJws({ privateKeyPem: heron.privateKey, peerKeyPems })
const ownJws = createJws({ privateKeyPem: kingfisher.privateKey, peerKeyPems })

function aMessage(changes: Partial<SignedMessage> = {}): SignedMessage {
  return {
    method: 'POST',
    path: '/quotes',
    headers: {
      'fspiop-source': 'heron',
      'fspiop-destination': 'kingfisher',
      date: 'Thu, 01 Jan 2026 00:00:00 GMT',
    },
    bytes: Buffer.from('{ "quoteId": 1 }'),
    ...changes,
  }
}

function signed(message: SignedMessage, jws = heronJws): SignedMessage {
  return {
    ...message,
    headers: { ...message.headers, 'fspiop-signature': jws.sign(message) },
  }
}

/** Signs any protected header: what a peer might do that `createJws` would not. */
function handSigned(fields: object, message: SignedMessage, hash = 'sha256'): SignedMessage {
  const protectedHeader = Buffer.from(JSON.stringify(fields)).toString('base64url')
  const payload = Buffer.from(message.bytes).toString('base64url')
  const signature = createSign(hash)
    .update(`${protectedHeader}.${payload}`)
    .sign({ key: heron.privateKey, padding: constants.RSA_PKCS1_PADDING }, 'base64url')
  const header = JSON.stringify({ signature, protectedHeader })
  return { ...message, headers: { ...message.headers, 'fspiop-signature': header } }
}

const fields = {
  alg: 'RS256',
  'FSPIOP-URI': '/quotes',
  'FSPIOP-HTTP-Method': 'POST',
  'FSPIOP-Source': 'heron',
  'FSPIOP-Destination': 'kingfisher',
}

describe('signatures', () => {
  it('verify over the very bytes that were sent', () => {
    expect(ownJws.problemOf(signed(aMessage()))).toBeUndefined()
  })

  it('are those of Signature 1.1, whoever makes them', () => {
    expect(ownJws.problemOf(handSigned(fields, aMessage()))).toBeUndefined()
    const longer = handSigned({ ...fields, alg: 'RS512' }, aMessage(), 'sha512')
    expect(ownJws.problemOf(longer)).toBeUndefined()
  })

  it.each([
    ['a body of other white space', { bytes: Buffer.from('{"quoteId":1}') }],
    ['another path', { path: '/transfers' }],
    ['another method', { method: 'PUT' }],
  ])('do not fit %s', (_what, changes) => {
    expect(ownJws.problemOf({ ...signed(aMessage()), ...changes })).toEqual(expect.any(String))
  })

  it.each([
    ['fspiop-source', 'kingfisher'],
    ['fspiop-source', 'nobody'],
    ['fspiop-destination', 'weaver'],
    ['date', 'Fri, 02 Jan 2026 00:00:00 GMT'],
    ['fspiop-signature', ''],
    ['fspiop-signature', '{"signature":"AAAA","protectedHeader":"AAAA"}'],
  ])('do not fit when %s is %j', (name, value) => {
    const message = signed(aMessage())
    const changed = { ...message, headers: { ...message.headers, [name]: value } }
    expect(ownJws.problemOf(changed)).toEqual(expect.any(String))
  })

  it('of somebody else in her name are refused', () => {
    expect(ownJws.problemOf(signed(aMessage(), ownJws))).toMatch(/does not fit/)
  })

  it.each(['none', 'HS256', 'ES256'])('by %s are refused', (alg) => {
    expect(ownJws.problemOf(handSigned({ ...fields, alg }, aMessage()))).toMatch(/algorithm/)
  })

  it.each(['FSPIOP-URI', 'FSPIOP-HTTP-Method', 'FSPIOP-Source', 'FSPIOP-Destination'])(
    'that do not protect %s are refused',
    (name) => {
      const { [name as keyof typeof fields]: _left, ...rest } = fields
      expect(ownJws.problemOf(handSigned(rest, aMessage()))).toMatch(name)
    },
  )
})
