import type { LedgerConnector } from '../../hub/connector.ts'
import { createAccounts } from './accounts.ts'
import { createCoreClient } from './client.ts'
import type { FineractConfig, Ports } from './config.ts'
import { createOutcomeReader } from './outcome.ts'
import { registerParty, unregisterParty } from './parties.ts'
import { createSuspenseBook } from './suspense.ts'
import { createMover, priceMove } from './transfers.ts'

/** Makes the connector of one FSP's Fineract, over its interoperation API. */
export function createFineractConnector(config: FineractConfig, ports: Ports): LedgerConnector {
  const client = createCoreClient(config, ports)
  const accounts = createAccounts(client, ports.clock)
  const readOutcome = createOutcomeReader(client)
  const move = createMover(client, readOutcome)
  const bookSuspense = createSuspenseBook(client, config.suspense, ports.clock)
  return {
    findParty: accounts.describeParty,
    findAccount: accounts.find,
    price: (question) => priceMove(client, question),
    reserve: (order) => move(order, 'PREPARE', 'payer'),
    commit: (order) => move(order, 'CREATE', 'payer'),
    release: (order) => move(order, 'RELEASE', 'payer'),
    credit: (order) => move(order, 'CREATE', 'payee'),
    outcome: readOutcome,
    suspend: (order, role) => bookSuspense('suspend', order, role),
    unsuspend: (order, role) => bookSuspense('unsuspend', order, role),
    registerParty: (party, accountId) => registerParty(client, party, accountId),
    unregisterParty: (party) => unregisterParty(client, party),
  }
}
