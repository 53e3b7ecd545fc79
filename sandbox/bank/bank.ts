import type { Clock } from '../clock.ts'
import { createFaults, type Faults } from '../faults.ts'
import type { Route } from '../http.ts'
import { createRouter, problem } from '../router.ts'
import type { BankSeed } from '../seed.ts'
import type { Store } from '../store.ts'
import { readBooks, type BankBooks } from './books.ts'
import { createCore, type BankCore } from './core.ts'
import { createDesk } from './fineract/desk.ts'
import { fineractLines, fineractOperations } from './fineract/api.ts'
import { labLines } from './lab.ts'
import { createAccounts } from './ledger/accounts.ts'
import { createFees } from './ledger/fees.ts'
import { createLedger } from './ledger/ledger.ts'
import { openBooks } from './ledger/opening.ts'
import { createSavings } from './ledger/savings.ts'
import { bankSchema } from './ledger/schema.ts'
import { createTransfers } from './ledger/transfers.ts'

/** One simulated bank, ready to be listened for. */
export type Bank = {
  readonly name: string
  /** Answers the Fineract-shaped API and the lab API. */
  readonly route: Route
  /** The bank without a wire, for another face of it. */
  readonly core: BankCore
  readonly faults: Faults
  readonly books: () => BankBooks
  /** Ends every answer that a fault holds back. The store stays its owner's. */
  readonly close: () => void
}

const ownFaults = ['delay', 'silence', 'error', 'commit-then-hang', 'not-approved'] as const

/**
 * Builds a bank on its store: an empty one is opened with the seed's customers, one with books goes on with them. All
 * that the bank knows is in the store when an answer leaves.
 */
export function createBank(
  seed: BankSeed,
  ports: { readonly clock: Clock; readonly store: Store },
): Bank {
  const { clock, store } = ports
  store.exec(bankSchema)
  const now = (): string => new Date(clock.now()).toISOString()
  const accounts = createAccounts(store)
  const ledger = createLedger(store)
  const savings = createSavings(store, ledger)
  const transfers = createTransfers(store)
  openBooks(seed, { store, accounts, ledger }, now())

  const { name, credentials, currencies } = seed
  const core = createCore({ store, clock, accounts, savings, feeOf: createFees(seed.fees) })
  const faults = createFaults({ operations: fineractOperations, kinds: ownFaults }, { clock })
  const desk = createDesk({ tenant: name, credentials, store, clock, faults })
  const parts = {
    name,
    currencies,
    store,
    accounts,
    ledger,
    savings,
    transfers,
    core,
    faults,
    desk,
    now,
  }
  const route = createRouter([...fineractLines(parts), ...labLines(parts)], {
    notFound: ({ path }) => problem(404, `${name} has nothing at ${path}`),
    methodNotAllowed: (_, allowed) => problem(405, `only ${allowed.join(', ')} here`),
  })
  return {
    name,
    route,
    core,
    faults,
    books: () => readBooks(parts),
    close: () => {
      faults.clear()
    },
  }
}
