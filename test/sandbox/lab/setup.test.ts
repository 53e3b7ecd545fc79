import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { readHubConfig } from '../../../hub/config.ts'
import { tenantParts } from '../../../hub/wiring/connectors.ts'
import { createSystemClock } from '../../../sandbox/clock.ts'
import { urlsAt } from '../../../sandbox/commands/running-lab.ts'
import { readSwitchSetup, setUpLab } from '../../../sandbox/lab/setup.ts'

const urls = {
  ...urlsAt(4000),
  hub: 'http://hub:4000',
  switch: 'http://switch:4100',
}
const servers = { zeebe: 'zeebe:26500', kafka: 'kafka:9092', postgres: 'postgres:5432' }
const clock = createSystemClock()

describe('setUpLab', () => {
  let data = ''
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'kivuko-setup-'))
  })
  afterEach(() => rmSync(data, { recursive: true, force: true }))

  const text = (...names: readonly string[]): string => readFileSync(join(data, ...names), 'utf8')
  const filesOf = (party: string): readonly string[] => readdirSync(join(data, party)).toSorted()
  const everything = (): Readonly<Record<string, string>> =>
    Object.fromEntries(
      readdirSync(data, { recursive: true, encoding: 'utf8' })
        .filter((name) => statSync(join(data, name)).isFile())
        .map((name) => [name, text(name)]),
    )

  it('makes a configuration that the hub starts with, its keys in files of their own', async () => {
    expect(await setUpLab({ data, urls }, clock)).toBe('made')
    const config = readHubConfig(tenantParts, { KIVUKO_CONFIG: join(data, 'hub', 'hub.json') })
    expect(config.store).toBe('sqlite')
    expect(config.tenants.map(({ fspId }) => fspId)).toEqual([
      'heron',
      'weaver',
      'ibis',
      'kingfisher',
    ])
    const [heron] = config.tenants
    expect(heron?.mojaloop).toMatchObject({
      switchUrl: 'http://switch:4100',
      signingKeyPem: text('hub', 'heron.pem').trimEnd(),
      ilpSecret: text('hub', 'heron.secret'),
    })
    expect(text('hub', 'hub.json')).not.toContain('PRIVATE KEY')
  })

  it('gives each party its own keys and no other', async () => {
    await setUpLab({ data, urls }, clock)
    expect(filesOf('switch')).toEqual(['switch.json', 'switch.pem', 'switch.secret'])
    expect(filesOf('client')).toEqual(['api-key', 'lab.json'])
    expect(filesOf('hub')).not.toContain('switch.pem')
    const secrets = ['switch.pem', 'switch.secret']
    const others = ['hub', 'client'].flatMap((party) =>
      filesOf(party).map((name) => text(party, name)),
    )
    for (const secret of secrets) expect(others).not.toContain(text('switch', secret))
  })

  it('lets nobody else on this machine read what is secret', async () => {
    await setUpLab({ data, urls, servers }, clock)
    const modes = Object.keys(everything()).map((name) => ({
      name,
      mode: statSync(join(data, name)).mode & 0o777,
    }))
    const open = modes.filter(({ mode }) => (mode & 0o077) !== 0)
    // The database's own user reads its password; the folder around it is closed to others.
    expect(open).toEqual([{ name: 'database/password', mode: 0o444 }])
    expect(statSync(join(data, 'database')).mode & 0o777).toBe(0o700)
  })

  it('gives clients the key that the hub knows by its hash', async () => {
    await setUpLab({ data, urls }, clock)
    const { apiKeys } = JSON.parse(text('hub', 'hub.json'))
    const sha256 = createHash('sha256').update(text('client', 'api-key')).digest('hex')
    expect(apiKeys).toMatchObject([{ sha256, operator: true }])
    expect(JSON.parse(text('client', 'lab.json'))).toEqual({ ...urls, apiKeyFile: 'api-key' })
  })

  it('tells the switch where each bank is called back', async () => {
    await setUpLab({ data, urls, peers: 'http://peers:4000' }, clock)
    const { participants, privateKeyPem } = readSwitchSetup(join(data, 'switch'))
    expect(participants.map(({ callbackUrl }) => callbackUrl)[3]).toBe(
      'http://peers:4000/fsp/kingfisher',
    )
    expect(privateKeyPem).toBe(text('switch', 'switch.pem'))
    expect(() => readSwitchSetup(data)).toThrow('was not set up for the switch')
  })

  it('keeps what an earlier run has made, to the byte', async () => {
    await setUpLab({ data, urls, servers }, clock)
    const before = everything()
    expect(await setUpLab({ data, urls: urlsAt(5000) }, clock)).toBe('kept')
    expect(everything()).toEqual(before)
  })

  it('goes on where an earlier run was cut off, with the secrets that it has handed out', async () => {
    await setUpLab({ data, urls, servers }, clock)
    const before = everything()
    rmSync(join(data, 'hub', 'hub.json'))
    expect(await setUpLab({ data, urls, servers }, clock)).toBe('made')
    expect(everything()).toEqual(before)
  })

  it('gives the roles of a cluster their servers, and the database a password that no other file has', async () => {
    await setUpLab({ data, urls, servers }, clock)
    expect(JSON.parse(text('hub', 'hub.json'))).toMatchObject({
      engine: 'zeebe',
      zeebe: { gatewayAddress: 'zeebe:26500' },
      store: 'postgres',
      events: 'kafka',
      kafka: { brokers: ['kafka:9092'] },
    })
    const password = text('database', 'password')
    expect(password).toMatch(/^[0-9a-f]{64}$/)
    const holders = Object.entries(everything()).filter(([, each]) => each.includes(password))
    expect(holders.map(([name]) => name).toSorted()).toEqual([
      'database/password',
      'hub/postgres.url',
    ])
    expect(text('hub', 'postgres.url')).toBe(`postgres://kivuko:${password}@postgres:5432/kivuko`)
  })

  it('refuses to make a cluster of a lab whose hub has files of its own', async () => {
    await setUpLab({ data, urls }, clock)
    await expect(setUpLab({ data, urls, servers }, clock)).rejects.toThrow(
      'is set up for a hub in one program',
    )
    expect(existsSync(join(data, 'database', 'password'))).toBe(false)
  })
})
