import { readFileSync } from 'node:fs'
import { createPartyRegistrationJobs } from '../../workflows/party-registration/jobs.ts'
import { createPayeeLookupJobs } from '../../workflows/payee-lookup/jobs.ts'
import { createPayeeQuoteJobs } from '../../workflows/payee-quote/jobs.ts'
import { createPayeeTransferJobs } from '../../workflows/payee-transfer/jobs.ts'
import { createPayerTransferJobs } from '../../workflows/payer-transfer/jobs.ts'
import type { HubRole } from '../config/parts.ts'
import type { Jobs, WorkflowPorts } from '../workflow.ts'

const workflowNames = [
  'payer-transfer',
  'payee-lookup',
  'payee-quote',
  'payee-transfer',
  'party-registration',
] as const

/** The diagrams that the engine runs. Compiled code lies beside a copy of them, as the sources do. */
export function readWorkflows(): readonly { readonly name: string; readonly xml: string }[] {
  return workflowNames.map((name) => {
    const file = new URL(`../../workflows/${name}/${name}.bpmn`, import.meta.url)
    return { name: `${name}.bpmn`, xml: readFileSync(file, 'utf8') }
  })
}

/** Jobs that wait for a bank's core. All others wait for the switch, or for nobody. */
const ledgerJobs: ReadonlySet<string> = new Set([
  'find-payer',
  'accept-payee',
  'price-transfer',
  'reserve-funds',
  'credit-within',
  'commit-funds',
  'release-funds',
  'answer-party',
  'price-quote',
  'decide-fulfilment',
  'credit-payee',
  'register-at-core',
  'unregister-at-core',
])

/** The jobs that a process with these roles serves, by type. */
export function jobsOf(roles: readonly HubRole[], ports: WorkflowPorts): Jobs {
  const jobs: Jobs = {
    ...createPayerTransferJobs(ports),
    ...createPayeeLookupJobs(ports),
    ...createPayeeQuoteJobs(ports),
    ...createPayeeTransferJobs(ports),
    ...createPartyRegistrationJobs(ports),
  }
  const isServed = (type: string): boolean => roles.includes(workerOf(type))
  return Object.fromEntries(Object.entries(jobs).filter(([type]) => isServed(type)))
}

function workerOf(type: string): HubRole {
  return ledgerJobs.has(type) ? 'worker:ledger' : 'worker:switch'
}
