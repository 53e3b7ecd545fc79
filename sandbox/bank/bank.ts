import type { Clock } from '../clock.ts'
import { createFaults, type Faults, type FaultScope } from '../faults.ts'
import type { HttpClient, Route } from '../http.ts'
import { createRouter, problem } from '../router.ts'
import type { BankSeed } from '../seed.ts'
import type { Store } from '../store.ts'
import { readBooks, type BankBooks } from './books.ts'
import { createCore, type BankCore } from './core.ts'
import { createDirectFace } from './direct/direct.ts'
import { createDesk } from './fineract/desk.ts'
import { fineractLines, fineractOperations } from './fineract/api.ts'
import { fspiopFaults, fspiopOperations, type FspiopConfig } from './fspiop/config.ts'
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
  /** Answers the Fineract-shaped API and the lab API; and FSPIOP, when the bank stands on its own feet. */
  readonly route: Route
  /** The bank without a wire, for another face of it. */
  readonly core: BankCore
  readonly faults: Faults
  readonly books: () => BankBooks
  /** Ends every answer that a fault holds back, and sends nothing more. The store stays its owner's. */
  readonly close: () => void
}

/** What makes a bank stand on its own feet: who it is to the others, and a way to reach the switch. */
export type OwnFeet = { readonly config: FspiopConfig; readonly http: HttpClient }

const coreScope: FaultScope = {
  operations: fineractOperations,
  kinds: ['delay', 'silence', 'error', 'commit-then-hang', 'not-approved'],
}

const directScope: FaultScope = {
  operations: [...coreScope.operations, ...fspiopOperations],
  kinds: [...coreScope.kinds, ...fspiopFaults],
}

/**
 * Builds a bank on its store: an empty one is opened with the seed's customers, one with books goes on with them. All
 * that the bank knows is in the store when an answer leaves. With feet of its own it speaks FSPIOP too.
 */
export function createBank(
  seed: BankSeed,
  ports: { readonly clock: Clock; readonly store: Store },
  feet?: OwnFeet,
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
  const faults = createFaults(feet ? directScope : coreScope, { clock })
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
  const direct =
    feet && createDirectFace(feet.config, { clock, store, core, accounts, faults, http: feet.http })
  const lines = [...fineractLines(parts), ...labLines(parts), ...(direct?.lines ?? [])]
  const route = createRouter(lines, {
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
      direct?.close()
      faults.clear()
    },
  }
}
