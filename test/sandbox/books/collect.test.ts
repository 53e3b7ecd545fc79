import { describe, expect, it } from '@jest/globals'
import { collectBooks, collectBooksAtRest } from '../../../sandbox/books/collect.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeNetwork, type FakeNetwork } from '../../support/fake-network.ts'
import { json, serveBooks, wireBooks } from './wire.ts'

const urls = {
  hub: 'http://hub:8080',
  switch: 'http://switch:8080',
  banks: { heron: 'http://heron:8080', weaver: 'http://weaver:8080' },
}

async function aLab(changes: Readonly<Record<string, unknown>> = {}): Promise<FakeNetwork> {
  const network = createFakeNetwork()
  const bodies = { ...wireBooks, weaver: undefined, ...changes }
  for (const [host, body] of Object.entries(bodies)) await serveBooks(network, host, body)
  return network
}

describe('collectBooks', () => {
  it('reads what every party says, in minor units', async () => {
    const facts = await collectBooks(urls, { http: await aLab() })
    expect(facts.banks).toEqual([
      {
        bank: 'heron',
        ledgers: [
          {
            currency: 'KES',
            settled: 0n,
            accounts: {
              customers: -898_950n,
              held: 0n,
              fees: -50n,
              suspense: 0n,
              loans: 0n,
              cash: 900_000n,
              settlement: -1_000n,
            },
          },
        ],
        customers: [{ msisdn: '254710000001', currency: 'KES', balance: 898_950n, held: 0n }],
        transfers: [
          {
            transferId: 't1',
            role: 'payer',
            outcome: 'booked',
            msisdn: '254710000001',
            currency: 'KES',
            amount: 1_000n,
            fee: 50n,
          },
        ],
      },
    ])
    expect(facts.switch.positions[1]).toEqual({
      participant: 'weaver',
      currency: 'KES',
      position: -1_000n,
      settled: 0n,
    })
    expect(facts.switch.transfers).toMatchObject([{ transferId: 't1', amount: 1_000n }])
    expect(facts.hub).toMatchObject({
      fspIds: ['heron'],
      legs: [{ fspId: 'heron', state: 'COMMITTED', isFinal: true, amount: 1_000n, fee: 50n }],
    })
    expect(facts.openings).toContainEqual({
      bank: 'ibis',
      msisdn: '254730000001',
      currency: 'UGX',
      balance: 500_000n,
    })
  })

  it('names a bank that keeps no books for the lab', async () => {
    expect((await collectBooks(urls, { http: await aLab() })).bookless).toEqual(['weaver'])
  })

  it('finds a party that was paid by an alias under the number that her bank has', async () => {
    const [row] = wireBooks.heron.transfers
    const weaver = {
      ...wireBooks.heron,
      bank: 'weaver',
      customers: [
        {
          msisdn: '254720000001',
          accounts: [{ accountId: 'w', currency: 'KES', balance: '1', held: '0' }],
        },
      ],
      transfers: [{ ...row, role: 'PAYEE', accountId: 'w', fee: '0' }],
    }
    const facts = await collectBooks(urls, { http: await aLab({ weaver }) })
    expect(facts.hub.legs[0]?.payeeMsisdn).toBe('254720000001')
  })

  it('takes what a teller has undone as not booked', async () => {
    const [row] = wireBooks.heron.transfers
    const heron = { ...wireBooks.heron, transfers: [{ ...row, reversed: true }] }
    const facts = await collectBooks(urls, { http: await aLab({ heron }) })
    expect(facts.banks[0]?.transfers[0]?.outcome).toBe('released')
  })

  it('says in one sentence who does not answer, or not with books', async () => {
    const network = await aLab()
    network.cut('switch:8080')
    await expect(collectBooks(urls, { http: network })).rejects.toThrow(
      'nobody answers at http://switch:8080: is a lab running there?',
    )
    await expect(collectBooks(urls, { http: await aLab({ hub: { fsps: 1 } }) })).rejects.toThrow(
      /^http:\/\/hub:8080\/lab\/books does not answer with books: /,
    )
  })
})

describe('collectBooksAtRest', () => {
  it.each([
    [3, 'COMMITTED', 'asks again until nothing is on its way'],
    [1_000, 'RESERVED', 'shows what stands when that takes too long'],
  ])('after %i answers: %s', async (openAnswers, state, _why) => {
    const clock = createFakeClock()
    const network = createFakeNetwork({ clock })
    let asked = 0
    await network.listen(
      async () => {
        const [row] = wireBooks.switch.transfers
        const open = { ...wireBooks.switch, transfers: [{ ...row, state: 'RESERVED' }] }
        return json(200, ++asked <= openAnswers ? open : wireBooks.switch)
      },
      { host: 'switch', port: 8080, bodyBytesMax: 1_000 },
    )
    await serveBooks(network, 'hub', wireBooks.hub)
    const asking = collectBooksAtRest({ ...urls, banks: {} }, { http: network, clock }, 10_000)
    await clock.advance(60_000)
    expect((await asking).switch.transfers[0]?.state).toBe(state)
  })
})
