import type { Route } from '../../http.ts'
import { createRouter } from '../../router.ts'
import type { SwitchConfig } from '../config.ts'
import { fspiopError } from '../fspiop/fspiop-error.ts'
import type { SwitchParts } from '../parts.ts'
import { accountLines } from './accounts.ts'
import { adminError, adminLine } from './admin-line.ts'
import { oracleLines } from './oracles.ts'
import { participantLines } from './participants.ts'
import { settlementLines } from './settlements.ts'

/** The admin API of central-ledger, central-settlement and the account lookup, with their paths, under `/admin`. Amounts are decimal strings. A change holds for the next message. */
export function adminRoute(config: SwitchConfig, parts: SwitchParts): Route {
  return createRouter(
    [
      adminLine('GET /health', undefined, () => ({
        status: 200,
        body: { status: 'OK', name: config.name },
      })),
      adminLine('GET /jws-key', undefined, () => ({
        status: 200,
        body: { publicKey: parts.signer.publicKeyPem },
      })),
      ...accountLines(parts),
      ...participantLines(parts),
      ...oracleLines(parts),
      ...settlementLines(parts),
    ],
    {
      notFound: ({ path }) => adminError(fspiopError('3002', path, 404)),
      methodNotAllowed: ({ method }) => adminError(fspiopError('3000', method, 405)),
    },
  )
}
