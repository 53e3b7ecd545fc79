import type { HttpResponse } from '../../../sandbox/http.ts'
import type { FakeNetwork } from '../../support/fake-network.ts'

/** What parties answer to `GET /lab/books` after one payment of 10.00 KES from heron to weaver, fee 0.50, transfer "t1". */
export const wireBooks = {
  heron: {
    bank: 'heron',
    currencies: {
      KES: {
        customers: '-8989.50',
        held: '0.00',
        fees: '-0.50',
        suspense: '0.00',
        loans: '0.00',
        cash: '9000.00',
        settlement: '-10.00',
        total: '0.00',
      },
    },
    settled: { KES: '0.00' },
    customers: [
      {
        name: 'Wanjiku Kamau',
        msisdn: '254710000001',
        accounts: [{ accountId: 'heron-1-KES', currency: 'KES', balance: '8989.50', held: '0.00' }],
      },
    ],
    transfers: [
      {
        transferCode: 't1',
        role: 'PAYER',
        state: 'COMMITTED',
        amount: '10.00',
        fee: '0.50',
        currency: 'KES',
        accountId: 'heron-1-KES',
      },
    ],
  },
  switch: {
    currencies: [
      {
        currency: 'KES',
        participants: [
          { participant: 'heron', position: '10', settled: '0' },
          { participant: 'weaver', position: '-10', settled: '0' },
        ],
      },
    ],
    transfers: [
      {
        transferId: 't1',
        payerFsp: 'heron',
        payeeFsp: 'weaver',
        amount: '10',
        currency: 'KES',
        state: 'COMMITTED',
      },
    ],
  },
  hub: {
    fsps: [
      {
        fspId: 'heron',
        currencies: [
          {
            currency: 'KES',
            legs: [
              {
                transferId: 't1',
                role: 'payer',
                state: 'committed',
                fspiopState: 'COMMITTED',
                amount: '10',
                currency: 'KES',
                fee: '0.5',
                payer: { type: 'MSISDN', identifier: '254710000001' },
                payee: { type: 'ALIAS', identifier: 'the-shop' },
              },
            ],
          },
        ],
      },
    ],
  },
}

/** A JSON answer. */
export function json(status: number, body: unknown): HttpResponse {
  return { status, headers: {}, bytes: Buffer.from(JSON.stringify(body)) }
}

/** Lets a host answer `GET /lab/books`. */
export async function serveBooks(network: FakeNetwork, host: string, body: unknown): Promise<void> {
  await network.listen(
    async ({ path }) => (path === '/lab/books' && body ? json(200, body) : json(404, {})),
    { host, port: 8080, bodyBytesMax: 1_000 },
  )
}
