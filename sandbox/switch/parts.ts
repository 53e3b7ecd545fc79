import type { Clock } from '../clock.ts'
import { createFaults } from '../faults.ts'
import type { HttpClient } from '../http.ts'
import type { Store } from '../store.ts'
import type { SwitchConfig } from './config.ts'
import { faultScope } from './faults.ts'
import { createSigner, type Signer } from './fspiop/signature.ts'
import { createAccounts } from './ledger/accounts.ts'
import { createFunds, type Funds } from './settlement/funds.ts'
import { createParticipants } from './ledger/participants.ts'
import { createSettlements, type Settlements } from './settlement/settlements.ts'
import { createSettlementWindows } from './settlement/windows.ts'
import { createTransfers } from './ledger/transfers.ts'
import { createDelivery } from './relay/delivery.ts'
import { createLanes } from './relay/lanes.ts'
import { createOracle } from './relay/oracle.ts'
import { createOutbox } from './relay/outbox.ts'
import { createSender } from './relay/sender.ts'
import type { FspiopPorts } from './resources/fspiop-route.ts'

export type SwitchPorts = {
  readonly clock: Clock
  readonly network: HttpClient
  /** Its own; the switch creates its tables, and leaves closing to who opened it. */
  readonly store: Store
  readonly keys: { readonly privateKeyPem: string }
}

export type SwitchParts = FspiopPorts & {
  readonly signer: Signer
  readonly funds: Funds
  readonly settlements: Settlements
}

/** Everything a switch is made of, wired together; nothing has been sent or swept yet. */
export function createParts(config: SwitchConfig, ports: SwitchPorts): SwitchParts {
  const { clock, network, store } = ports
  const faults = createFaults(faultScope, { clock })
  const signer = createSigner(ports.keys.privateKeyPem)
  const participants = createParticipants({ store, clock })
  const sender = createSender(config, { clock, network, participants, signer })
  const deliver = createDelivery(sender, { faults })
  const lanes = createLanes(deliver, { clock })
  const accounts = createAccounts({ store, clock })
  const transfers = createTransfers({ store, clock })
  const windows = createSettlementWindows({ store, clock })
  return {
    clock,
    store,
    faults,
    signer,
    participants,
    deliver,
    lanes,
    accounts,
    transfers,
    windows,
    outbox: createOutbox({ store, lanes, clock }),
    oracle: createOracle({ store }),
    funds: createFunds({ store, clock, accounts }),
    settlements: createSettlements({ store, clock, accounts, transfers, windows }),
  }
}
