import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { fineractConfigSchema } from '../../connectors/fineract/config.ts'
import { mojaloopConfigSchema } from '../../connectors/mojaloop/config.ts'
import { keysOf } from './mojaloop/support.ts'

const pem = (pair: ReturnType<typeof generateKeyPairSync>) => ({
  privatePem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  publicPem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
})
const short = pem(generateKeyPairSync('rsa', { modulusLength: 1024 }))
const elliptic = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }))

const mojaloop = {
  fspId: 'heron',
  switchId: 'switch',
  switchUrl: 'https://switch.example/fsp/1.0',
  signingKeyPem: keysOf('heron').privateKeyPem,
  peerKeyPems: { switch: keysOf('switch').publicKeyPem },
  ilpSecret: 'sixteen letters.',
}

const fineract = {
  url: 'https://core.example/fineract-provider/api/v1',
  tenantId: 'default',
  auth: { kind: 'basic', username: 'hub', password: 'x' },
}

/** The keys that a configuration is refused for. */
const faultsOf = (
  schema: typeof mojaloopConfigSchema | typeof fineractConfigSchema,
  value: object,
) => schema.safeParse(value).error?.issues.map(({ path }) => path.join('.')) ?? []

describe('the configuration of a Mojaloop connector', () => {
  it('has defaults for times and versions only', () => {
    expect(mojaloopConfigSchema.parse(mojaloop)).toEqual({
      ...mojaloop,
      apiVersion: '1.1',
      timeoutMs: 10_000,
    })
    expect(faultsOf(mojaloopConfigSchema, {})).toEqual(Object.keys(mojaloop))
  })

  it.each([
    ['signingKeyPem', short.privatePem],
    ['signingKeyPem', elliptic.privatePem],
    ['signingKeyPem', keysOf('heron').publicKeyPem],
    ['signingKeyPem', 'no key'],
    ['ilpSecret', 'short'],
    ['switchUrl', 'ftp://switch.example'],
    ['fspId', 'two words'],
    ['apiVersion', '2.0'],
    ['timeoutMs', 0],
  ])('is refused with %s %#', (key, value) => {
    expect(faultsOf(mojaloopConfigSchema, { ...mojaloop, [key]: value })).toEqual([key])
  })

  it.each([short.publicPem, elliptic.publicPem, 'no key'])(
    'is refused with a weak peer key %#',
    (key) => {
      const peerKeyPems = { ...mojaloop.peerKeyPems, weaver: key }
      expect(faultsOf(mojaloopConfigSchema, { ...mojaloop, peerKeyPems })).toEqual([
        'peerKeyPems.weaver',
      ])
    },
  )
})

describe('the configuration of a Fineract connector', () => {
  it('has a default for the time only', () => {
    expect(fineractConfigSchema.parse(fineract)).toEqual({ ...fineract, timeoutMs: 10_000 })
    expect(faultsOf(fineractConfigSchema, {})).toEqual(Object.keys(fineract))
  })

  it.each([
    ['auth.kind', { auth: { kind: 'none' } }],
    ['auth.password', { auth: { kind: 'basic', username: 'hub' } }],
    ['auth.tokenUrl', { auth: { kind: 'oauth', clientId: 'hub', clientSecret: 'x' } }],
    ['url', { url: 'core.example' }],
    [
      'suspense.officeId',
      {
        suspense: { ...{ officeId: 'one' }, suspenseGlAccountId: '1', settlementGlAccountId: '2' },
      },
    ],
  ])('is refused for %s', (key, changes) => {
    expect(faultsOf(fineractConfigSchema, { ...fineract, ...changes })).toEqual([key])
  })
})
