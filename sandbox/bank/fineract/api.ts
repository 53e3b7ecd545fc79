import type { RouteLine } from '../../router.ts'
import { accountingLines, type AccountingParts } from './accounting.ts'
import { clientLines } from './clients.ts'
import { interopLines, type InteropParts } from './interop.ts'
import { partyLines } from './parties.ts'
import { savingsLines, type SavingsParts } from './savings.ts'

/** Where Fineract's API begins. */
const fineractBase = '/fineract-provider/api/v1'

/** What faults on the API are called by. */
export const fineractOperations = [
  'health',
  'find-party',
  'register-party',
  'remove-party',
  'read-account',
  'read-client',
  'search',
  'price',
  'request',
  'prepare',
  'create-payer',
  'create-payee',
  'release',
  'read-back',
  'deposit',
  'withdraw',
  'hold',
  'undo',
  'transfer-within',
  'post-journal',
  'read-books',
] as const

/** The routing table of the Fineract-shaped API. */
export function fineractLines(
  parts: InteropParts & SavingsParts & AccountingParts,
): readonly RouteLine[] {
  const lines = [
    ...interopLines(parts),
    ...partyLines(parts),
    ...savingsLines(parts),
    ...clientLines(parts),
    ...accountingLines(parts),
  ]
  return lines.map((line) => ({ ...line, path: fineractBase + line.path }))
}
