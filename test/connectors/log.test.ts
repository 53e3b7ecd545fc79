import { describe, expect, it } from '@jest/globals'
import { createFineractConnector } from '../../connectors/fineract/connector.ts'
import { mojaloopConfigSchema } from '../../connectors/mojaloop/config.ts'
import { createMojaloopConnector } from '../../connectors/mojaloop/connector.ts'
import type { Log } from '../../hub/log.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { fakeHttp, response } from './fake-http.ts'
import { account, answer, config, errorAnswer, move, type Answers } from './fineract/support.ts'
import { lineOf } from './fineract/support.ts'
import { keysOf } from './mojaloop/support.ts'

/** A log that keeps its lines. */
function keepingLog() {
  const lines: string[] = []
  const keep = (fields: object, message: string): void => {
    lines.push(JSON.stringify({ ...fields, message }))
  }
  const log: Log = { info: keep, warn: keep, error: keep }
  return { log, lines }
}

const wanjiku = { type: 'MSISDN', identifier: '254710000001' } as const
const secrets = ['254710000001', 'Wanjiku', 'cGFzc3dvcmQ', 'password', 'BEGIN', 'an ilp secret']

const expectDiscretion = (lines: readonly string[]) => {
  for (const secret of secrets) expect(lines.join('\n')).not.toContain(secret)
}

describe('what the connectors log', () => {
  it('is one line per call to the core, without numbers, names or credentials', async () => {
    const { log, lines } = keepingLog()
    const answers: Answers = {
      'GET /interoperation/parties/MSISDN/254710000001': answer(200, '{"accountId":"ACC-7"}'),
      'GET /interoperation/accounts/ACC-7': account(),
      'GET /clients/3': answer(200, '{"displayName":"Wanjiku"}'),
    }
    const refused = errorAnswer(403, 'error.msg.odd')
    const http = fakeHttp((request) => answers[lineOf(request)] ?? refused)
    const core = createFineractConnector(config, { http, clock: createFakeClock(), log })
    await core.findAccount(wanjiku, 'KES', 'payer')
    await core.price({ ...move, role: 'payer', amountType: 'SEND' })
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      [
        ['find-party', 200],
        ['read-account', 200],
        ['read-client', 200],
        ['price', 403],
      ].map(([step, outcome]) => ({ step, outcome, durationMs: 0, message: 'core called' })),
    )
    expectDiscretion(lines)
  })

  it('is one line per message to the switch, without the address', async () => {
    const { log, lines } = keepingLog()
    const mojaloop = createMojaloopConnector(
      mojaloopConfigSchema.parse({
        fspId: 'heron',
        switchId: 'switch',
        switchUrl: 'http://switch.test',
        signingKeyPem: keysOf('heron').privateKeyPem,
        peerKeyPems: {},
        ilpSecret: 'an ilp secret of heron',
      }),
      { http: fakeHttp(() => response(202)), clock: createFakeClock(), log },
    )
    await mojaloop.deliver(mojaloop.composePartyQuestion(wanjiku))
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        fspId: 'heron',
        method: 'GET',
        resource: 'parties',
        durationMs: 0,
        outcome: 202,
        message: 'switch called',
      },
    ])
    expectDiscretion(lines)
  })
})
