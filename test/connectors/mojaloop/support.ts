import { generateKeyPairSync } from 'node:crypto'
import { createMojaloopConnector } from '../../../connectors/mojaloop/connector.ts'
import { mojaloopConfigSchema } from '../../../connectors/mojaloop/config.ts'
import type { SwitchConnector, SwitchMessage } from '../../../hub/connector.ts'
import type { HttpClient, HttpRequest } from '../../../hub/http.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { fakeHttp, quiet, response } from '../fake-http.ts'

export type KeyPair = { readonly privateKeyPem: string; readonly publicKeyPem: string }

const pairs = new Map<string, KeyPair>()

/** The key pair of a name, drawn once per test file: drawing costs most of a second. */
export function keysOf(name: string): KeyPair {
  const known = pairs.get(name)
  if (known) return known
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const drawn = {
    privateKeyPem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKeyPem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
  pairs.set(name, drawn)
  return drawn
}

const peers = ['heron', 'weaver', 'switch'] as const

export function connectorOf(
  fspId: (typeof peers)[number],
  ports: {
    readonly http?: HttpClient
    readonly clock?: FakeClock
    readonly apiVersion?: '1.0' | '1.1'
  } = {},
): SwitchConnector {
  const config = mojaloopConfigSchema.parse({
    fspId,
    switchId: 'switch',
    switchUrl: 'http://switch.test',
    signingKeyPem: keysOf(fspId).privateKeyPem,
    peerKeyPems: Object.fromEntries(peers.map((name) => [name, keysOf(name).publicKeyPem])),
    ilpSecret: `the ilp secret of ${fspId}`,
    apiVersion: ports.apiVersion ?? '1.1',
  })
  return createMojaloopConnector(config, {
    http: ports.http ?? fakeHttp(() => response(202)),
    clock: ports.clock ?? createFakeClock(),
    log: quiet,
  })
}

/** A message as it reaches the other side. */
export function received(message: SwitchMessage): HttpRequest {
  const { method, path, headers, body } = message
  return { method, path, headers, bytes: Buffer.from(body, 'utf8') }
}
