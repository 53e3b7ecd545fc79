import { describe, expect, it } from '@jest/globals'
import type { Rejection, SwitchCallback, SwitchMessage } from '../../../hub/connector.ts'
import { fulfils } from '../../../hub/domain/condition.ts'
import { moneyOf } from '../../../hub/domain/money.ts'
import type { PartyId } from '../../../hub/domain/party.ts'
import { refusal } from '../../../hub/domain/refusal.ts'
import { NoResponse, NotSent } from '../../../hub/http.ts'
import { openStore } from '../../../sandbox/store.ts'
import { switchConfig } from '../../../sandbox/switch/config.ts'
import { createSwitch } from '../../../sandbox/switch/switch.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeNetwork } from '../../support/fake-network.ts'
import { connectorOf, keysOf } from './support.ts'

const payee: PartyId = { type: 'ALIAS', identifier: 'duka la Wanjiku', subId: 'till/1' }
const kes = (amount: string) => moneyOf({ amount, currency: 'KES' })

/** Two FSPs by this connector, and the sandbox's switch, which was written without it. */
async function aScheme() {
  const clock = createFakeClock()
  const network = createFakeNetwork({ clock })
  const names = ['heron', 'weaver'] as const
  const config = switchConfig({
    participants: names.map((name) => ({
      name,
      callbackUrl: `http://${name}.test`,
      publicKeyPem: keysOf(name).publicKeyPem,
      accounts: [{ currency: 'KES', netDebitCap: '1000', liquidity: '5000' }],
    })),
  })
  const keys = { privateKeyPem: keysOf('switch').privateKeyPem }
  const theSwitch = createSwitch(config, { clock, network, store: openStore(':memory:'), keys })
  await network.listen(theSwitch.route, { host: 'switch.test', port: 80, bodyBytesMax: 10_000_000 })
  const http = network.failingWith({ NotSent, NoResponse })
  const told: Record<string, (SwitchCallback | Rejection)[]> = { heron: [], weaver: [] }
  const [heron, weaver] = [
    connectorOf('heron', { http, clock }),
    connectorOf('weaver', { http, clock }),
  ]
  const fsps = { heron, weaver }
  for (const name of names) {
    const take = async (request: Parameters<typeof heron.read>[0]) => {
      told[name]?.push(fsps[name].read(request))
      return { status: 200, headers: {}, bytes: new Uint8Array() }
    }
    await network.listen(take, { host: `${name}.test`, port: 80, bodyBytesMax: 10_000_000 })
  }
  /** Delivers, and gives what the other side was told because of it. */
  const deliver = async (from: (typeof names)[number], message: SwitchMessage) => {
    expect(await fsps[from].deliver(message)).toBe('accepted')
    await clock.advance(0)
    const all = [told['heron']?.splice(0) ?? [], told['weaver']?.splice(0) ?? []]
    return { heron: all[0]?.[0], weaver: all[1]?.[0] }
  }
  return { clock, heron, weaver, deliver, close: () => theSwitch.close() }
}

describe('over the sandbox’s switch', () => {
  it('carries a payment from the lookup to the notification', async () => {
    const { clock, heron, weaver, deliver, close } = await aScheme()
    const registered = await deliver('weaver', weaver.composeParticipant('register', payee, 'KES'))
    expect(registered.weaver).toMatchObject({ kind: 'participant-told', partyId: payee })

    const asked = await deliver('heron', heron.composePartyQuestion(payee))
    expect(asked.weaver).toMatchObject({ kind: 'party-asked', source: 'heron', partyId: payee })
    const party = { id: payee, fspId: 'weaver', displayName: 'Ọlá မောင်' }
    const given = await deliver('weaver', weaver.composePartyAnswer({ to: 'heron', party }))
    expect(given.heron).toMatchObject({ kind: 'party-given', source: 'weaver', party })

    const question = {
      quoteId: '6f1c8a52-3a52-4f6e-8a52-3a52f6e8a521',
      transactionId: '7f1c8a52-3a52-4f6e-8a52-3a52f6e8a521',
      payerFspId: 'heron',
      payer: { type: 'MSISDN', identifier: '254710000001' },
      payeeFspId: 'weaver',
      payee,
      amountType: 'SEND',
      amount: kes('10.05'),
      transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
      expiresAt: clock.now() + 60_000,
    } as const
    const quoteAsked = await deliver('heron', heron.composeQuoteQuestion(question))
    expect(quoteAsked.weaver).toMatchObject({ kind: 'quote-asked', question })
    const terms = weaver.sealQuote(question, {
      transferAmount: kes('10.05'),
      expiresAt: clock.now() + 60_000,
    })
    const { quoteId } = question
    const quoted = await deliver(
      'weaver',
      weaver.composeQuoteAnswer({ to: 'heron', quoteId, terms }),
    )
    expect(quoted.heron).toMatchObject({ kind: 'quote-given', quoteId, terms })

    const prepare = {
      transferId: '0a6e2a3e-8f6b-4c54-9d7c-0f6b4f3c2a11',
      payerFspId: 'heron',
      payeeFspId: 'weaver',
      amount: terms.transferAmount,
      ilpPacket: terms.ilpPacket,
      condition: terms.condition,
      expiresAt: clock.now() + 30_000,
    }
    const prepared = await deliver('heron', heron.composePrepare(prepare))
    expect(prepared.weaver).toMatchObject({ kind: 'transfer-prepared', source: 'heron', prepare })

    const { transferId } = prepare
    const fulfilment = weaver.fulfilmentOf(prepare.ilpPacket)
    const ended = await deliver(
      'weaver',
      weaver.composeFulfilment({ to: 'heron', transferId, fulfilment, completedAt: clock.now() }),
    )
    expect(ended.heron).toMatchObject({ kind: 'transfer-told', state: 'COMMITTED', fulfilment })
    expect(fulfils(fulfilment, terms.condition)).toBe(true)
    expect(ended.weaver).toMatchObject({
      kind: 'transfer-told',
      source: 'switch',
      transferId,
      state: 'COMMITTED',
    })

    const outcome = await deliver('heron', heron.composeOutcomeQuestion(transferId))
    expect(outcome.heron).toMatchObject({
      kind: 'transfer-told',
      source: 'switch',
      state: 'COMMITTED',
      fulfilment,
    })
    close()
  })

  it('hears that nobody owns an identifier, and that the switch knows no such transfer', async () => {
    const { heron, deliver, close } = await aScheme()
    const nobody: PartyId = { type: 'MSISDN', identifier: '254720000009' }
    const asked = await deliver('heron', heron.composePartyQuestion(nobody))
    expect(asked.heron).toMatchObject({
      kind: 'party-refused',
      partyId: nobody,
      error: { errorCode: '3204' },
    })
    const transferId = '1a6e2a3e-8f6b-4c54-9d7c-0f6b4f3c2a11'
    const unknown = await deliver('heron', heron.composeOutcomeQuestion(transferId))
    expect(unknown.heron).toMatchObject({
      kind: 'transfer-refused',
      source: 'switch',
      transferId,
      error: { errorCode: '3208' },
    })
    close()
  })

  it('tells the payer why the payee refuses', async () => {
    const { weaver, deliver, close } = await aScheme()
    const message = weaver.composeQuoteRefusal({
      to: 'heron',
      quoteId: '6f1c8a52-3a52-4f6e-8a52-3a52f6e8a521',
      refusal: refusal('payee-blocked', 'the account is blocked'),
    })
    expect((await deliver('weaver', message)).heron).toMatchObject({
      kind: 'quote-refused',
      source: 'weaver',
      error: { errorCode: '5400' },
    })
    close()
  })

  it('is refused by the switch when it speaks in another’s name', async () => {
    const { weaver, heron, close } = await aScheme()
    const forged = heron.composePartyRefusal({
      to: 'heron',
      partyId: payee,
      refusal: refusal('payee-not-found', 'nobody'),
    })
    const headers = { ...forged.headers, 'fspiop-source': 'weaver' }
    expect(await weaver.deliver({ ...forged, headers })).toMatchObject({
      kind: 'refusal',
      errorCode: '3105',
    })
    close()
  })
})
