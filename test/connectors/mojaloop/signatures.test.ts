import { createPublicKey, createSign } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { createSigner, createVerifier } from '../../../connectors/mojaloop/jws.ts'
import type { HttpRequest } from '../../../hub/http.ts'
import { keysOf } from './support.ts'

const verify = createVerifier({ heron: keysOf('heron').publicKeyPem })

const protectedParts = {
  alg: 'RS256',
  'FSPIOP-URI': '/quotes/1',
  'FSPIOP-HTTP-Method': 'PUT',
  'FSPIOP-Source': 'heron',
  'FSPIOP-Destination': 'weaver',
  Date: 'Thu, 01 Jan 2026 00:00:00 GMT',
}

type Signing = {
  readonly body?: string
  readonly parts?: Readonly<Record<string, unknown>>
  readonly digest?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly path?: string
}

/** Signs as RFC 7515 says, without any of the project's own code. */
function signedRequest(signing: Signing = {}): HttpRequest {
  const { body = '{"a":1}', parts = protectedParts, digest = 'RSA-SHA256' } = signing
  const protectedHeader = Buffer.from(JSON.stringify(parts)).toString('base64url')
  const input = `${protectedHeader}.${Buffer.from(body).toString('base64url')}`
  const signature = createSign(digest)
    .update(input)
    .sign(keysOf('heron').privateKeyPem)
    .toString('base64url')
  return {
    method: 'PUT',
    path: signing.path ?? '/quotes/1',
    headers: {
      'fspiop-uri': '/quotes/1',
      'fspiop-http-method': 'PUT',
      'fspiop-source': 'heron',
      'fspiop-destination': 'weaver',
      date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      'fspiop-signature': JSON.stringify({ signature, protectedHeader }),
      ...signing.headers,
    },
    bytes: Buffer.from(body),
  }
}

function without(request: HttpRequest, name: string): HttpRequest {
  const { [name]: _, ...headers } = request.headers
  return { ...request, headers }
}

describe('a signature over the bytes received', () => {
  it.each([
    ['plain', '{"a":1}'],
    ['with spaces and new lines', '{\n  "b" : 1 ,\n  "a" : 2\n}\n'],
    ['with keys out of order', '{"z":1,"a":{"y":2,"b":3}}'],
    ['in other scripts', '{"name":"မောင်မောင် Nguyễn 😀"}'],
    ['with escapes', '{"name":"\\u00e9\\/"}'],
    ['with a number that no double holds', '{"n":12345678901234567890.10}'],
  ])('is right for a body %s', (_, body) => {
    expect(verify(signedRequest({ body }))).toBeUndefined()
  })

  it.each([
    ['RS384', 'RSA-SHA384'],
    ['RS512', 'RSA-SHA512'],
  ])('may be made with %s', (alg, digest) => {
    expect(verify(signedRequest({ parts: { ...protectedParts, alg }, digest }))).toBeUndefined()
  })

  it('is wrong once any bit of the body is flipped', () => {
    const request = signedRequest()
    for (let bit = 0; bit < request.bytes.length * 8; bit++) {
      const bytes = Uint8Array.from(request.bytes)
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(verify({ ...request, bytes })).toBe('the signature does not fit the body')
    }
  })

  it('is wrong once any character of it is changed, the spare bits of the last one included', () => {
    const request = signedRequest()
    const parts = JSON.parse(request.headers['fspiop-signature'] ?? '')
    for (const at of [0, 100, parts.signature.length - 1]) {
      const character = parts.signature[at] === 'A' ? 'B' : 'A'
      const signature = `${parts.signature.slice(0, at)}${character}${parts.signature.slice(at + 1)}`
      const header = JSON.stringify({ ...parts, signature })
      const changed = { ...request, headers: { ...request.headers, 'fspiop-signature': header } }
      expect(verify(changed)).toMatch(/^the signature/)
    }
  })

  it.each(['none', 'HS256', 'ES256', 'PS256', undefined])('is refused with alg %s', (alg) => {
    const request = signedRequest({ parts: { ...protectedParts, alg } })
    expect(verify(request)).toBe('the protected header is malformed')
  })

  it('is refused when it was made with an HMAC whose secret is the public key', () => {
    const request = signedRequest({ parts: { ...protectedParts, alg: 'HS256' } })
    expect(verify(request)).toBe('the protected header is malformed')
  })

  it('is refused with an extension that has to be understood', () => {
    const parts = { ...protectedParts, b64: false, crit: ['b64'] }
    expect(verify(signedRequest({ parts }))).toBe('the protected header is malformed')
  })

  it('is refused from a sender whose key is not known, or of another sender', () => {
    const parts = { ...protectedParts, 'FSPIOP-Source': 'stranger' }
    const request = signedRequest({ parts, headers: { 'fspiop-source': 'stranger' } })
    expect(verify(request)).toBe('no key is known for the sender')
    const both = createVerifier({
      heron: keysOf('heron').publicKeyPem,
      stranger: keysOf('weaver').publicKeyPem,
    })
    expect(both(request)).toBe('the signature does not fit the body')
  })

  it('is required', () => {
    expect(verify(without(signedRequest(), 'fspiop-signature'))).toBe('the message is not signed')
  })

  it.each(['', 'x', '{}', '{"signature":"x"}', '[1]', 'null'])('is refused as %j', (header) => {
    const request = signedRequest({ headers: { 'fspiop-signature': header } })
    expect(verify(request)).toBe('FSPIOP-Signature is malformed')
  })
})

describe('a protected header', () => {
  it.each([
    ['fspiop-uri', '/quotes/2'],
    ['fspiop-http-method', 'POST'],
    ['fspiop-destination', 'ibis'],
    ['date', 'Thu, 01 Jan 2026 00:00:01 GMT'],
  ])('must be that of the request: %s', (name, value) => {
    expect(verify(signedRequest({ headers: { [name]: value } }))).toMatch(
      /is not the one that was signed$/,
    )
  })

  it('must name the sender', () => {
    const parts = { ...protectedParts, 'FSPIOP-Source': 'weaver' }
    expect(verify(signedRequest({ parts }))).toBe('FSPIOP-Source is not the one that was signed')
  })

  it.each(['FSPIOP-URI', 'FSPIOP-HTTP-Method', 'FSPIOP-Source'])('must have %s', (name) => {
    const parts = { ...protectedParts, [name]: undefined }
    expect(verify(signedRequest({ parts }))).toBe('the protected header is malformed')
  })

  it('must have the destination that the request has', () => {
    const parts = { ...protectedParts, 'FSPIOP-Destination': undefined }
    expect(verify(signedRequest({ parts }))).toMatch(/^FSPIOP-Destination/)
    expect(verify(without(signedRequest(), 'fspiop-destination'))).toMatch(/^FSPIOP-Destination/)
  })

  it('binds the message to the address that was called', () => {
    expect(verify(signedRequest({ path: '/quotes/2' }))).toBe('FSPIOP-URI is not what was called')
    expect(verify({ ...signedRequest(), method: 'POST' })).toBe(
      'FSPIOP-HTTP-Method is not what was used',
    )
  })

  it('may be escaped otherwise than the address', () => {
    const uri = '/parties/EMAIL/a%40b.c'
    const request = signedRequest({
      parts: { ...protectedParts, 'FSPIOP-URI': uri },
      headers: { 'fspiop-uri': uri },
      path: '/parties/EMAIL/a@b.c',
    })
    expect(verify(request)).toBeUndefined()
  })

  it('may hold other headers, which are then compared', () => {
    const parts = { ...protectedParts, 'Content-Type': 'application/json', kid: '1' }
    expect(verify(signedRequest({ parts }))).toMatch(/^Content-Type/)
    const headers = { 'content-type': 'application/json' }
    expect(verify(signedRequest({ parts, headers }))).toBeUndefined()
  })

  it('may leave the Date out', () => {
    const parts = { ...protectedParts, Date: undefined }
    expect(verify(signedRequest({ parts }))).toBeUndefined()
  })
})

describe('the signer', () => {
  const sign = createSigner(keysOf('heron').privateKeyPem)

  it('signs the body exactly as it stands', () => {
    const body = '{ "z" : "é 😀", "a": 1 }'
    const headers = without(signedRequest(), 'fspiop-signature').headers
    const signature = sign({ method: 'PUT', headers, body })
    const request = {
      method: 'PUT',
      path: '/quotes/1',
      headers: { ...headers, 'fspiop-signature': signature },
      bytes: Buffer.from(body),
    }
    expect(verify(request)).toBeUndefined()
    const parts = JSON.parse(signature)
    expect(JSON.parse(Buffer.from(parts.protectedHeader, 'base64url').toString())).toEqual(
      protectedParts,
    )
  })

  it('names the address that it is given, whatever stands in it', () => {
    const uri = '/parties/ACCOUNT_ID/quotes/a%2Fb'
    const { headers } = without(signedRequest(), 'fspiop-signature')
    const signature = sign({
      method: 'PUT',
      headers: { ...headers, 'fspiop-uri': uri },
      body: '{}',
    })
    const parts = JSON.parse(signature)
    const protectedHeader = JSON.parse(Buffer.from(parts.protectedHeader, 'base64url').toString())
    expect(protectedHeader['FSPIOP-URI']).toBe(uri)
  })
})

describe('the worked example of Signature v1.1 §4', () => {
  // As printed, the signature repeats its first 42 characters and has lost a "-" at a line break; this is the right one.
  const jwk = {
    kty: 'RSA',
    n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
    e: 'AQAB',
  }
  const protectedHeader =
    'eyJhbGciOiJSUzI1NiIsIkZTUElPUC1EZXN0aW5hdGlvbiI6IjU2NzgiLCJGU1BJT1AtVVJJIjoiL3F1b3RlcyIsIkZTUElPUC1IVFRQLU1ldGhvZCI6IlBPU1QiLCJEYXRlIjoiVHVlLCAyMyBNYXkgMjAxNyAyMToxMjozMSBHTVQiLCJGU1BJT1AtU291cmNlIjoiMTIzNCJ9'
  const signature =
    'dz2ntyS0_rDyA0pLeWluG--tBcYYrlvG99ffkXcEB-uve5Qzvzyn0ZUi82J7h17RsdfHPuTnbEGvCeU9Y4Bg0nIZHGL4icswaaO09T5hPPY-KBTzVQeHkokLmL4dXpHdr1ggSEpu3WEU3nfgOFGGAdOq355i1iGuDbhqm_lSfVHaqdVCEhkJ2Y_r2glO2QpdZrcbvsBV39derj_PlfISBBGjdh0dIPxnFIVcZuPHiq9Ha2MslrBHfqwFfNeU_xhErBd2PywkDQJbKOlfqdkmFC9bS8Ofx0O6Mg7qdFGw-QkseJTfp0HMbH1d9e6H0cocY8xfuDNGaZpOJhxiYtiPLg'
  const payload =
    'eyJwYXllZSI6eyJwYXJ0eUlkSW5mbyI6eyJwYXJ0eUlkVHlwZSI6Ik1TSVNETiIsInBhcnR5SWRlbnRpZmllciI6IjE1Mjk1NTU4ODg4IiwiZnNwSWQiOiI1Njc4In19LCJhbW91bnRUeXBlIjoiUkVDRUlWRSIsInRyYW5zYWN0aW9uVHlwZSI6eyJzY2VuYXJpbyI6IlRSQU5TRkVSIiwiaW5pdGlhdG9yIjoiUEFZRVIiLCJzdWJTY2VuYXJpbyI6IlAyUCBUcmFuc2ZlciBhY3Jvc3MgTU0gc3lzdGVtcyIsImluaXRpYXRvclR5cGUiOiJDT05TVU1FUiJ9LCJub3RlIjoidGhpcyBpcyBhIHNhbXBsZSBmb3IgUE9TVCAvcXVvdGVzIiwiYW1vdW50Ijp7ImFtb3VudCI6IjE1MCIsImN1cnJlbmN5IjoiVVNEIn0sImZlZXMiOnsiYW1vdW50IjoiMS41IiwiY3VycmVuY3kiOiJVU0QifSwiZXh0ZW5zaW9uTGlzdCI6W3sidmFsdWUiOiJ2YWx1ZTEiLCJrZXkiOiJrZXkxIn0seyJ2YWx1ZSI6InZhbHVlMiIsImtleSI6ImtleTIifSx7InZhbHVlIjoidmFsdWUzIiwia2V5Ijoia2V5MyJ9XSwiZ2VvQ29kZSI6eyJsYXRpdHVkZSI6IjU3LjMyMzg4OSIsImxvbmdpdHVkZSI6IjEyNS41MjAwMDEifSwiZXhwaXJhdGlvbiI6IjIwMTctMDUtMjRUMDg6NDA6MDAuMDAwLTA0OjAwIiwicGF5ZXIiOnsicGVyc29uYWxJbmZvIjp7ImNvbXBsZXhOYW1lIjp7ImZpcnN0TmFtZSI6IkJpbGwiLCJtaWRkbGVOYW1lIjoiQmVuIiwiTGFzdE5hbWUiOiJMZWUifSwiZGF0ZU9mQmlydGgiOiIxOTg2LTAyLTE0In0sInBhcnR5SWRJbmZvIjp7InBhcnR5SWRUeXBlIjoiTVNJU0ROIiwicGFydHlTdWJJZE9yVHlwZSI6IlJlZ2lzdGVyZWRDdXN0b21lciIsInBhcnR5SWRlbnRpZmllciI6IjE2MTM1NTUxMjEyIiwiZnNwSWQiOiIxMjM0In0sIm5hbWUiOiJCaWxsIExlZSJ9LCJxdW90ZUlkIjoiNTllMzMxZmEtMzQ1Zi00NTU0LWFhYzgtZmNkODgzM2Y3ZDUwIiwidHJhbnNhY3Rpb25JZCI6IjM2NjI5YTUxLTM5M2EtNGUzYy1iMzQ3LWMyY2I1N2UxZTFmYyJ9'
  const request: HttpRequest = {
    method: 'POST',
    path: '/quotes',
    headers: {
      'fspiop-source': '1234',
      'fspiop-destination': '5678',
      date: 'Tue, 23 May 2017 21:12:31 GMT',
      'fspiop-signature': JSON.stringify({ signature, protectedHeader }),
    },
    bytes: Buffer.from(payload, 'base64url'),
  }
  const pem = createPublicKey({ key: jwk, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString()

  it('verifies, though its headers lack FSPIOP-URI and FSPIOP-HTTP-Method', () => {
    expect(createVerifier({ '1234': pem })(request)).toBeUndefined()
  })

  it('does not verify at another address', () => {
    const elsewhere = { ...request, path: '/transfers' }
    expect(createVerifier({ '1234': pem })(elsewhere)).toBe('FSPIOP-URI is not what was called')
  })
})
