import type { Clock } from '../../hub/clock.ts'
import type { SwitchConnector } from '../../hub/connector.ts'
import type { HttpClient } from '../../hub/http.ts'
import type { Log } from '../../hub/log.ts'
import { createCallbackReader } from './callback.ts'
import { createSwitchClient } from './client.ts'
import { createComposer } from './compose.ts'
import type { MojaloopConfig } from './config.ts'
import { createIlp } from './ilp.ts'
import { createSigner, createVerifier } from './jws.ts'

/** Makes the FSPIOP 1.x side of one FSP, which signs as `config.fspId` and believes the peers in `config.peerKeyPems`. */
export function createMojaloopConnector(
  config: MojaloopConfig,
  { http, clock, log }: { readonly http: HttpClient; readonly clock: Clock; readonly log: Log },
): SwitchConnector {
  const ilp = createIlp(config.ilpSecret)
  const sign = createSigner(config.signingKeyPem)
  const client = createSwitchClient(config, { http, clock, log })
  return {
    switchId: config.switchId,
    ...createComposer(config, { sign, ilp, clock }),
    fulfilmentOf: ilp.fulfilmentOf,
    readIlpPacket: ilp.read,
    deliver: client.deliver,
    read: createCallbackReader(config.fspId, createVerifier(config.peerKeyPems)),
  }
}
