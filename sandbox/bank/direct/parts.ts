import type { Clock } from '../../clock.ts'
import type { Faults } from '../../faults.ts'
import type { Store } from '../../store.ts'
import type { Alarms } from '../alarms.ts'
import type { BankCore } from '../core.ts'
import type { FspiopConfig } from '../fspiop/config.ts'
import type { Post } from '../fspiop/post.ts'
import type { Accounts } from '../ledger/accounts.ts'
import type { Payments } from './payments.ts'
import type { Receipts } from './receipts.ts'

/** What a bank on its own feet works with, as payer and as payee. Its core and its rows live in one store. */
export type DirectParts = {
  readonly config: FspiopConfig
  readonly clock: Clock
  readonly store: Store
  readonly core: BankCore
  readonly accounts: Accounts
  readonly faults: Faults
  readonly post: Post
  readonly alarms: Alarms
  readonly payments: Payments
  readonly receipts: Receipts
}
