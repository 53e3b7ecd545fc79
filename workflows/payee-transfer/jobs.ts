import { book } from '../../hub/legs/booking.ts'
import { noMoney } from '../../hub/domain/money.ts'
import { loadLeg } from '../../hub/legs/leg.ts'
import type { Jobs, Step, WorkflowPorts } from '../../hub/workflow.ts'
import { decideFulfilment } from './decide.ts'
import { askFulfilment, fulfilTransfer, judgeFulfilment, refuseTransfer } from './outcome.ts'
import { next, payeeKey, wait } from './variables.ts'

/** The steps of payee-transfer, by job type. */
export function createPayeeTransferJobs(ports: WorkflowPorts): Jobs {
  return {
    'decide-fulfilment': decideFulfilment(ports),
    'refuse-transfer': refuseTransfer(ports),
    'fulfil-transfer': fulfilTransfer(ports),
    'judge-fulfilment': judgeFulfilment(ports),
    'ask-fulfilment': askFulfilment(ports),
    'credit-payee': creditPayee(ports),
  }
}

/** Credits what the scheme has committed (CREATE). What the core refuses is owed, never undone: laws 7 and 9 of ARCHITECTURE.md. */
function creditPayee(ports: WorkflowPorts): Step {
  return async (variables) => {
    const leg = await ports.store.step((tx) => loadLeg(tx, payeeKey(variables)))
    const accountId = leg.facts.account?.accountId
    if (accountId === undefined) throw new Error('a fulfilled transfer has no account to credit')
    const booked = await book(ports, leg, {
      step: 'credit-payee',
      role: 'payee',
      accountId,
      // The whole amount: what the core charges its customer for it is between the two of them.
      amount: leg.order.amount,
      fee: noMoney(leg.order.amount.currency),
      reached: 'booked',
      call: (ledger, move) => ledger.credit(move),
    })
    return booked === 'booked' ? next('booked') : wait(booked.record, booked.retryMs, 'owed')
  }
}
