import type { Jobs, WorkflowPorts } from '../../hub/workflow.ts'
import { beforeFunds } from './before-funds.ts'
import { abortTransfer, commitFunds, creditWithin, releaseFunds } from './booking.ts'
import { acceptPayee, findPayee, findPayer } from './lookup.ts'
import { askOutcome, judgeTransfer } from './outcome.ts'
import { prepareTransfer } from './prepare.ts'
import { acceptQuote, priceTransfer, requestQuote } from './quote.ts'
import { reserveFunds } from './reserve.ts'

/** The steps of payer-transfer, by job type. */
export function createPayerTransferJobs(ports: WorkflowPorts): Jobs {
  return {
    'find-payer': beforeFunds(ports, 'payer-fsp-unavailable', findPayer(ports)),
    'find-payee': beforeFunds(ports, 'switch-unavailable', findPayee(ports)),
    'accept-payee': beforeFunds(ports, 'payer-fsp-unavailable', acceptPayee(ports)),
    'request-quote': beforeFunds(ports, 'switch-unavailable', requestQuote(ports)),
    'accept-quote': acceptQuote(ports),
    'price-transfer': beforeFunds(ports, 'payer-fsp-unavailable', priceTransfer(ports)),
    'reserve-funds': reserveFunds(ports),
    'prepare-transfer': prepareTransfer(ports),
    'judge-transfer': judgeTransfer(ports),
    'ask-outcome': askOutcome(ports),
    'credit-within': creditWithin(ports),
    'commit-funds': commitFunds(ports),
    'release-funds': releaseFunds(ports),
    'abort-transfer': abortTransfer(ports),
  }
}
