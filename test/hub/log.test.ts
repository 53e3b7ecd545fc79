import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { createLog } from '../../hub/log.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { aCallback, aQuote, aTransfer } from '../support/store-values.ts'

const clock = createFakeClock(1000)

function lines(write: (log: ReturnType<typeof createLog>) => void): string {
  let written = ''
  write(createLog({ level: 'info', to: { write: (line) => (written += line) } }, { clock }))
  return written
}

describe('the log', () => {
  it('writes one line of JSON per call, with the time of the clock', () => {
    const transferId = '6f1c0d2e-0000-4000-8000-123456789012'
    const key = { fspId: 'heron', role: 'payer', transferId }
    const written = lines((log) => {
      log.info(
        { transferId, key, step: 'reserve-funds', durationMs: 12, amountOfRows: 3n },
        'job finished',
      )
    })
    expect(JSON.parse(written)).toEqual({
      level: 'info',
      time: 1000,
      transferId,
      key,
      step: 'reserve-funds',
      durationMs: 12,
      amountOfRows: '3',
      msg: 'job finished',
    })
  })

  it('never writes names, phone numbers, tokens, keys or bodies, however deep they lie', () => {
    const secrets = {
      party: { firstName: 'Wanjiru', lastName: 'Kamau', displayName: 'Wanjiru Kamau' },
      name: 'Wanjiru',
      partyId: { type: 'MSISDN', identifier: '254710000001' },
      path: '/parties/MSISDN/254710000002',
      words: 'no account for +254710000003, sorry',
      Authorization: 'Bearer abc.def',
      said: 'sent Authorization: Bearer tok3n-value and Basic dXNlcjpwYXNz',
      jwt: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.sig',
      api_key: 'kvk_topsecret',
      found: ['the key kvk_topsecret'],
      key: 'topsecret',
      callbackSecret: 'topsecret',
      pem: 'topsecret',
      text: '-----BEGIN PRIVATE KEY-----\ntopsecret\n-----END PRIVATE KEY-----',
      body: '{"topsecret":1}',
      bytes: Buffer.from('topsecret'),
      unnamed: [Buffer.from('topsecret')],
      headers: { date: 'topsecret' },
      deep: { a: { b: { c: { d: { e: { f: 'topsecret' } } } } } },
    }
    const written = lines((log) => {
      log.warn(secrets, 'refused')
    })
    expect(JSON.parse(written)).toMatchObject({ level: 'warn', msg: 'refused' })
    expect(written).not.toMatch(/Wanjiru|Kamau|25471|tok3n|dXNlc|eyJ|topsecret|abc\.def/)
  })

  it('writes errors with their causes, cleaned the same way', () => {
    const cause = Object.assign(new Error('core said: 254710000001 is frozen'), {
      code: 'E1',
      body: 'topsecret',
    })
    const error = new TypeError('no answer for Bearer topsecret', { cause })
    const written = lines((log) => {
      log.error({ error }, 'request failed')
    })
    expect(written).not.toMatch(/25471|topsecret/)
    expect(JSON.parse(written)).toMatchObject({
      error: {
        type: 'TypeError',
        message: 'no answer for [removed]',
        stack: expect.stringContaining('log.test.ts'),
        cause: { code: 'E1', message: 'core said: [removed] is frozen' },
      },
    })
  })

  it('gives nothing of a whole transfer, quote or callback away but ids, states and amounts', () => {
    const payee = { id: aTransfer().order.payee, fspId: 'weaver', firstName: 'Wanjiru' }
    const transfer = aTransfer({ facts: { payee } })
    const written = lines((log) => {
      log.info({ transfer, quote: aQuote(), callback: aCallback() }, 'x')
    })
    expect(written).not.toMatch(/2547|Wanjiru|school fees/)
    expect(JSON.parse(written)).toMatchObject({
      transfer: { state: 'received', key: transfer.key },
    })
  })

  it('writes only from its level on, into a file if told so', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kivuko-log-'))
    const file = join(folder, 'logs', 'hub.log')
    const log = createLog({ level: 'warn', to: file }, { clock })
    log.info({}, 'not this')
    log.error({ transferId: 't' }, 'but this')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      msg: 'but this',
      transferId: 't',
    })
    rmSync(folder, { recursive: true })
  })
})
