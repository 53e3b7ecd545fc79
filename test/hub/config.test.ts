import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { environmentKeys, readHubConfig } from '../../hub/config.ts'

const parts = { core: z.object({ url: z.url(), password: z.string().min(8) }) }

const aTenant = (fields: object = {}) => ({
  fspId: 'heron',
  currency: 'KES',
  callbackSecret: 'sixteen letters!',
  core: { url: 'https://core.example', password: 'topsecret' },
  ...fields,
})
const aKey = (fields: object = {}) => ({
  name: 'till',
  sha256: '0'.repeat(64),
  tenants: ['heron'],
  ...fields,
})

describe('the configuration', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kivuko-config-'))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })
  const write = (name: string, content: unknown): string => {
    const file = join(folder, name)
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    return file
  }
  const read = (content: unknown, env: Record<string, string> = {}) =>
    readHubConfig(parts, { KIVUKO_CONFIG: write('hub.json', content), ...env })

  const cluster = {
    engine: 'zeebe',
    zeebe: { gatewayAddress: 'zeebe:26500' },
    store: 'postgres',
    postgres: { url: 'postgres://kivuko:topsecret@db.example/kivuko' },
    tenants: [aTenant()],
  }
  const allRoles = ['channel', 'peers', 'worker:ledger', 'worker:switch', 'relay', 'projections']

  it('knows two sets of parts: one process on its files, and many on servers', () => {
    expect(read({ tenants: [aTenant()] })).toMatchObject({ engine: 'embedded', store: 'sqlite' })
    const kafka = { brokers: ['kafka:9092'] }
    expect(read({ ...cluster, events: 'kafka', kafka })).toMatchObject({
      ...cluster,
      zeebe: { gatewayAddress: 'zeebe:26500', jobTimeoutMs: 25_000 },
      kafka,
    })
    expect(read(cluster)).toMatchObject({ events: 'in-process', roles: allRoles })
  })

  it.each([
    [{ store: 'postgres', postgres: cluster.postgres }, 'store: postgres does not go with'],
    [{ ...cluster, store: 'sqlite' }, 'store: sqlite does not go with the engine zeebe'],
    [{ events: 'kafka', kafka: { brokers: ['k:1'] } }, 'events: kafka goes with the engine zeebe'],
    [{ postgres: cluster.postgres }, 'postgres: is given, but store does not say postgres'],
    [{ ...cluster, zeebe: undefined }, 'zeebe: is missing, and engine says zeebe'],
    [{ ...cluster, events: 'kafka' }, 'kafka: is missing, and events says kafka'],
    [{ roles: ['channel'] }, 'roles: the embedded engine needs all of them in one process'],
    [{ roles: allRoles.map(() => 'channel') }, 'roles: the embedded engine needs all of them'],
    [{ ...cluster, roles: ['relay'] }, 'roles: relay and projections can be parted only by'],
    [{ ...cluster, roles: ['teller'] }, 'roles.0: '],
    [{ ...cluster, roles: [] }, 'roles: '],
    [
      { ...cluster, zeebe: { gatewayAddress: 'zeebe' } },
      'zeebe.gatewayAddress: is not "host:port"',
    ],
  ])('refuses any other, by a sentence: %j', (parts, sentence) => {
    expect(() => read({ tenants: [aTenant()], ...parts })).toThrow(sentence)
  })

  it('takes the parts from the environment, and the secret one from a file', () => {
    const url = 'postgres://kivuko:topsecret@db.example/kivuko'
    const env = {
      KIVUKO_ROLES: 'worker:ledger, worker:switch',
      KIVUKO_ENGINE: 'zeebe',
      KIVUKO_ZEEBE_GATEWAY_ADDRESS: 'zeebe:26500',
      KIVUKO_ZEEBE_JOB_TIMEOUT_MS: '20000',
      KIVUKO_STORE: 'postgres',
      KIVUKO_POSTGRES_URL_FILE: write('url', `${url}\n`),
      KIVUKO_EVENTS: 'kafka',
      KIVUKO_KAFKA_BROKERS: 'a:9092,b:9092',
      KIVUKO_KAFKA_TOPIC: 'money',
    }
    expect(read({ tenants: [aTenant()] }, env)).toMatchObject({
      roles: ['worker:ledger', 'worker:switch'],
      zeebe: { gatewayAddress: 'zeebe:26500', jobTimeoutMs: 20_000 },
      postgres: { url, poolMax: 10 },
      kafka: { brokers: ['a:9092', 'b:9092'], topic: 'money' },
    })
    const wrong = { KIVUKO_STORE: 'postgres', KIVUKO_POSTGRES_URL: 'mysql://u:topsecret@db/x' }
    const attempt = () => read({ tenants: [aTenant()] }, wrong)
    expect(attempt).toThrow('postgres.url: is not a postgres://')
    expect(attempt).not.toThrow(/topsecret/)
  })

  it('has a default for all but the FSPs', () => {
    expect(read({ tenants: [aTenant()] })).toEqual({
      host: '127.0.0.1',
      port: 4000,
      dataDir: 'data',
      roles: allRoles,
      engine: 'embedded',
      store: 'sqlite',
      events: 'in-process',
      bodyBytesMax: 5_242_880,
      lab: false,
      apiKeys: [],
      callbackOrigins: [],
      times: {
        lookupMs: 10_000,
        quoteMs: 60_000,
        transferMs: 30_000,
        graceMs: 5_000,
        resolverFirstMs: 1_000,
        resolverMaxMs: 60_000,
        clockSkewMsMax: 2_000,
        coreLongestMs: 30_000,
        bookingRetryMs: 5_000,
      },
      tenants: [aTenant()],
    })
    expect(() => readHubConfig(parts, {})).toThrow(/tenants: /)
  })

  it('lets the environment say otherwise', () => {
    const config = read(
      { port: 1, times: { quoteMs: 5, graceMs: 4_000 }, tenants: [aTenant()] },
      {
        KIVUKO_PORT: '4500',
        KIVUKO_LAB: 'true',
        KIVUKO_LOG_LEVEL: 'error',
        KIVUKO_CALLBACK_ORIGINS: 'https://a.example, https://b.example:8443',
        KIVUKO_API_KEYS: JSON.stringify([aKey()]),
        KIVUKO_TIMES_GRACE_MS: '3000',
        KIVUKO_TIMES_CLOCK_SKEW_MS_MAX: '1000',
      },
    )
    expect(config).toMatchObject({
      port: 4500,
      lab: true,
      logLevel: 'error',
      callbackOrigins: ['https://a.example', 'https://b.example:8443'],
      apiKeys: [{ name: 'till', operator: false }],
      times: { quoteMs: 5, graceMs: 3_000, clockSkewMsMax: 1_000 },
    })
  })

  it('takes secrets from files, without their last newline', () => {
    write('password', 'from a file\n')
    const tenant = aTenant({
      core: { url: 'https://core.example', password: { file: 'password' } },
    })
    expect(read({ tenants: [tenant] }).tenants[0]?.core.password).toBe('from a file')
    const tenants = write('tenants.json', [tenant])
    const config = readHubConfig(parts, { KIVUKO_TENANTS_FILE: tenants })
    expect(config.tenants[0]?.core.password).toBe('from a file')
  })

  it('tells all that is wrong at once, and none of the values', () => {
    const content = {
      prot: 1,
      dataDir: '',
      callbackOrigins: ['https://a.example/path'],
      tenants: [
        aTenant({ currency: 'XYZ', callbackSecret: 'hush', core: { url: 'no', password: 'hush' } }),
        aTenant({ fspId: 'a b', callbackSecret: { file: 'missing' } }),
      ],
    }
    const attempt = (): unknown =>
      read(content, {
        KIVUKO_PORT: 'tcp://10.0.0.1:80',
        KIVUKO_LAB: 'yes',
        KIVUKO_API_KEYS: '[hush',
      })
    const paths = [
      ...['KIVUKO_API_KEYS', 'dataDir', 'callbackOrigins.0', 'port', 'lab', 'tenants.0.currency'],
      ...['tenants.0.callbackSecret', 'tenants.0.core.url', 'tenants.0.core.password'],
      ...['tenants.1.fspId', 'tenants.1.callbackSecret'],
    ]
    expect(attempt).toThrow(/^the configuration is wrong:\n/)
    for (const path of paths) expect(attempt).toThrow(`\n  ${path}: `)
    expect(attempt).toThrow('"prot"')
    expect(attempt).not.toThrow(/hush/)
  })

  it.each([
    ['{ not json', 'KIVUKO_CONFIG: is not JSON'],
    ['[]', 'KIVUKO_CONFIG: holds no JSON object'],
  ])('refuses the file %j', (content, sentence) => {
    expect(() => read(content)).toThrow(sentence)
  })

  it('names a file that is missing', () => {
    const file = join(folder, 'nowhere.json')
    const attempt = () => readHubConfig(parts, { KIVUKO_CONFIG: file })
    expect(attempt).toThrow(`KIVUKO_CONFIG: names ${file}, which cannot be read (ENOENT)`)
  })

  it('refuses to be open to others without API keys', () => {
    const tenants = [aTenant()]
    const sentence = 'host: 0.0.0.0 is open to others: without apiKeys only 127.0.0.1 may be'
    expect(() => read({ host: '0.0.0.0', tenants })).toThrow(sentence)
    expect(read({ host: '0.0.0.0', tenants, apiKeys: [aKey()] }).host).toBe('0.0.0.0')
    for (const host of ['127.0.0.1', '::1', 'localhost'])
      expect(read({ host, tenants }).host).toBe(host)
    expect(() => read({ host: '127.0.0.1.evil.example', tenants })).toThrow('open to others')
  })

  it('refuses parts that contradict each other', () => {
    const attempt = () =>
      read({
        tenants: [aTenant(), aTenant()],
        apiKeys: [aKey({ tenants: ['ibis'] })],
        times: { graceMs: 1, resolverMaxMs: 5 },
      })
    expect(attempt).toThrow('tenants: name heron twice')
    expect(attempt).toThrow('apiKeys: name ibis, which is no tenant')
    expect(attempt).toThrow('times.graceMs: is less than times.clockSkewMsMax')
    expect(attempt).toThrow('times.resolverMaxMs: is less than times.resolverFirstMs')
  })

  it('lists its environment variables as .env.example does', () => {
    const example = readFileSync(join(import.meta.dirname, '../../.env.example'), 'utf8')
    const listed = [...example.matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=/gm)].map(([, key]) => key)
    expect(listed.toSorted()).toEqual([...environmentKeys].toSorted())
  })
})
