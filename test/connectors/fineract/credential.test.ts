import { describe, expect, it } from '@jest/globals'
import { createFineractConnector } from '../../../connectors/fineract/connector.ts'
import { fineractConfigSchema } from '../../../connectors/fineract/config.ts'
import { OutcomeUnknown, Unavailable } from '../../../hub/connector.ts'
import { NotSent, type HttpResponse, type OutgoingRequest } from '../../../hub/http.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { fakeHttp, quiet } from '../fake-http.ts'
import { accepted, answer, config, move } from './support.ts'

const tokenUrl = 'http://idp.test/token'

/** A core behind an identity provider that numbers its tokens; the core answers by the token. */
function behindProvider(
  answerOf: (token: string) => HttpResponse,
  provider: (number: number) => HttpResponse | Error = (number) =>
    answer(200, `{"access_token":"t${number}","expires_in":60,"token_type":"Bearer"}`),
) {
  let number = 0
  const http = fakeHttp((request: OutgoingRequest) => {
    if (request.url === tokenUrl) return provider(++number)
    return answerOf(request.headers['authorization'] ?? '')
  })
  const clock = createFakeClock()
  const oauth = { kind: 'oauth', tokenUrl, clientId: 'hub', clientSecret: 's&cret' }
  const core = createFineractConnector(fineractConfigSchema.parse({ ...config, auth: oauth }), {
    http,
    clock,
    log: quiet,
  })
  const moves = () => http.sent.filter(({ url }) => url !== tokenUrl)
  const tokens = () => http.sent.filter(({ url }) => url === tokenUrl)
  return { core, clock, moves, tokens }
}

describe('a bearer token', () => {
  it('is asked for with the client’s credentials, once for many calls', async () => {
    const { core, tokens, moves } = behindProvider(() => accepted)
    await Promise.all([core.reserve(move), core.commit(move)])
    await core.commit(move)
    expect(tokens()).toHaveLength(1)
    expect(Buffer.from(tokens()[0]?.bytes ?? []).toString()).toBe(
      'grant_type=client_credentials&client_id=hub&client_secret=s%26cret',
    )
    expect(moves().map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer t1',
      'Bearer t1',
      'Bearer t1',
    ])
  })

  it('is renewed once before it ends, for all who wait', async () => {
    const { core, clock, tokens } = behindProvider(() => accepted)
    await core.reserve(move)
    await clock.advance(49_000)
    await core.commit(move)
    expect(tokens()).toHaveLength(1)
    await clock.advance(1_000)
    await Promise.all([core.commit(move), core.commit(move), core.commit(move)])
    expect(tokens()).toHaveLength(2)
  })

  it('is renewed after a 401, and the call goes out again under the same key', async () => {
    const { core, moves } = behindProvider((token) =>
      token === 'Bearer t1' ? answer(401, '') : accepted,
    )
    expect(await core.reserve(move)).toBe('done')
    expect(moves()).toHaveLength(2)
    const [first, second] = moves()
    expect(second).toEqual({
      ...first,
      headers: { ...first?.headers, authorization: 'Bearer t2' },
    })
  })

  it('is renewed once only: a second 401 was turned away at the door', async () => {
    const { core, moves } = behindProvider(() => answer(401, ''))
    await expect(core.reserve(move)).rejects.toThrow(Unavailable)
    expect(moves()).toHaveLength(2)
  })

  it('leaves the outcome unknown when the second try fails in another way', async () => {
    const { core } = behindProvider((token) => answer(token === 'Bearer t1' ? 401 : 500, ''))
    await expect(core.reserve(move)).rejects.toThrow(OutcomeUnknown)
  })

  it.each([
    new NotSent('refused'),
    answer(500, ''),
    answer(400, '{"error":"invalid_client"}'),
    answer(200, '{}'),
  ])('that cannot be had leaves the move unsent (%#)', async (told) => {
    const { core, moves } = behindProvider(
      () => accepted,
      () => told,
    )
    await expect(core.reserve(move)).rejects.toThrow(Unavailable)
    expect(moves()).toEqual([])
  })

  it('is asked for again after a failure', async () => {
    const { core } = behindProvider(
      () => accepted,
      (number) =>
        number === 1 ? answer(503, '') : answer(200, '{"access_token":"t2","expires_in":"60"}'),
    )
    await expect(core.reserve(move)).rejects.toThrow(Unavailable)
    expect(await core.reserve(move)).toBe('done')
  })
})

describe('a user and password', () => {
  it('are not tried again after a 401', async () => {
    const http = fakeHttp(() => answer(401, ''))
    const core = createFineractConnector(config, { http, clock: createFakeClock(), log: quiet })
    await expect(core.reserve(move)).rejects.toThrow(Unavailable)
    expect(http.sent).toHaveLength(1)
  })
})
