import type { RouteLine } from '../../router.ts'
import { partyIdTypes } from '../fspiop/formats.ts'
import { fspiopError } from '../fspiop/fspiop-error.ts'
import type { SwitchParts } from '../parts.ts'
import { adminLine, numberIn } from './admin-line.ts'
import { adminBodies } from './parse-admin.ts'

/** The oracles. All are built in: an endpoint is kept and shown, but never called. */
export function oracleLines({ oracle }: SwitchParts): readonly RouteLine[] {
  return [
    adminLine('GET /oracles', undefined, () => ({
      status: 200,
      body: oracle.types().map(({ oracleId, type, endpoint, currency, isDefault }) => ({
        oracleId,
        oracleIdType: type,
        endpoint: { value: endpoint, endpointType: 'URL' },
        currency,
        isDefault,
      })),
    })),
    adminLine('POST /oracles', adminBodies.oracle, ({ body }) => {
      const { oracleIdType: type, currency, isDefault } = body
      if (!partyIdTypes.some((each) => each === type)) return fspiopError('3101', 'oracleIdType')
      const named = currency === undefined ? {} : { currency }
      oracle.addType(type, { endpoint: body.endpoint.value, isDefault, ...named })
      return { status: 201 }
    }),
    adminLine('DELETE /oracles/:id', undefined, ({ params }) =>
      oracle.removeType(numberIn(params, 'id'))
        ? { status: 204 }
        : fspiopError('3200', 'Oracle does not exist', 404),
    ),
    adminLine('POST /oracles/:type/parties/:id', adminBodies.party, ({ params, body }) => {
      const party = { type: params['type'] ?? '', id: params['id'] ?? '' }
      if (!oracle.knows(party.type)) return fspiopError('3003', `no oracle for ${party.type}`)
      const { fspId: fsp, currency } = body
      const isEntered = oracle.register(party, {
        fsp,
        ...(currency === undefined ? {} : { currency }),
      })
      return isEntered ? { status: 201 } : fspiopError('3003', 'the party is at another FSP')
    }),
  ]
}
