import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bankNames } from '../../sandbox/seed.ts'
import {
  freeBasePort,
  makeLabProgram,
  type LabProgram,
  type RunningProgram,
} from '../support/lab-program.ts'

const rows = [
  'id,payerFsp,payerMsisdn,payeeMsisdn,amount,currency,expected',
  'a,heron,254710000001,254740000002,100.50,KES,COMMITTED',
  'b,weaver,254720000001,254730000002,12,KES,COMMITTED',
  'c,ibis,254730000001,254740000007,5,KES,5400',
].join('\n')

/** Every party of the lab in a process of its own, as docker-compose starts them. */
describe('the parties of the lab, started one by one', () => {
  let program: LabProgram
  let data = ''
  let csv = ''
  let base = 0
  const parties: RunningProgram[] = []

  const sandbox = async (...args: readonly string[]): Promise<void> => {
    parties.push(await program.up({ of: 'sandbox', args }))
  }
  const demo = () => program.run('demo', '--lab', join(data, 'client', 'lab.json'), '--csv', csv)

  beforeAll(async () => {
    program = makeLabProgram()
    data = program.dataDir()
    csv = `${data}.csv`
    writeFileSync(csv, rows)
    base = await freeBasePort()
    const { code, stderr } = await program.run('setup', '--data', data, '--base-port', `${base}`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const [n, bank] of bankNames.entries()) {
      await sandbox('bank', bank, '--data', join(data, bank), '--port', `${base + 201 + n}`)
    }
    await sandbox('switch', '--data', join(data, 'switch'), '--port', `${base + 100}`)
    const env = {
      KIVUKO_CONFIG: join(data, 'hub', 'hub.json'),
      KIVUKO_DATA_DIR: join(data, 'hub-files'),
      KIVUKO_PORT: `${base}`,
      KIVUKO_LOG_LEVEL: 'error',
    }
    parties.push(await program.up({ of: 'hub', args: ['start'], env }))
  }, 60_000)

  afterAll(() => program.remove())

  it('each say in one line of JSON who answers where', () => {
    const lines = parties.map(({ line }) => JSON.parse(line))
    expect(lines[0]).toEqual({ bank: 'heron', url: `http://127.0.0.1:${base + 201}` })
    expect(lines[4]).toEqual({ switch: 'switch', url: `http://127.0.0.1:${base + 100}` })
  })

  it('pass the demo, and pass it again on the books that it left', async () => {
    for (const run of [await demo(), await demo()]) {
      expect(run.stdout).toContain('All 3 outcomes are the expected ones.')
      expect(run.stdout).toContain('All positions are settled to zero, and the books are right.')
      expect(run.code).toBe(0)
    }
  }, 60_000)

  it('show their books only to who has the key', async () => {
    const lab = JSON.parse(readFileSync(join(data, 'client', 'lab.json'), 'utf8'))
    const stranger = await program.run('books', '--base-port', `${base}`)
    expect(stranger).toMatchObject({ code: 1 })
    expect(stranger.stderr).toContain(`${lab.hub} asks for an API key`)
    const keyFile = join(data, 'client', 'api-key')
    const known = await program.run('books', '--base-port', `${base}`, '--api-key-file', keyFile)
    expect(known).toMatchObject({ code: 0, stderr: '' })
  }, 30_000)

  it('end cleanly when they are told to', async () => {
    const ends = await Promise.all(parties.map((party) => party.end('SIGTERM')))
    expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      parties.map(() => ({ code: 0, stderr: '' })),
    )
    const gone = await demo()
    expect(gone.code).toBe(1)
  }, 30_000)
})
