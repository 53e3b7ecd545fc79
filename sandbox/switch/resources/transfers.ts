import type { RouteLine } from '../../router.ts'
import {
  errorBodySchema,
  fulfilSchema,
  prepareSchema,
  type ErrorBody,
  type Fulfil,
} from '../fspiop/bodies.ts'
import { fspiopError, type FspiopError } from '../fspiop/fspiop-error.ts'
import { fspiopLine, type Call, type LinePorts } from '../fspiop/line.ts'
import { faultMsDefault } from '../faults.ts'
import { takePayeeAnswer } from '../ledger/fulfil.ts'
import { reply, type LedgerPorts } from '../ledger/ledger.ts'
import { errorNotice } from '../ledger/notice.ts'
import { takePrepare } from '../ledger/prepare.ts'
import { readTransfer } from '../ledger/query.ts'

const resource = 'transfers'

/** /transfers: the ledger's own resource. */
export function transfersLines(ports: LinePorts & LedgerPorts): readonly RouteLine[] {
  const put = { method: 'PUT', resource, operation: 'put-transfers' } as const
  const answer = async (call: Call<Fulfil | ErrorBody>): Promise<FspiopError | undefined> =>
    call.inbound.destination === undefined
      ? fspiopError('3102', 'FSPIOP-Destination')
      : takePayeeAnswer(ports, { ...timed(call), transferId: idOf(call), content: call.body })
  return [
    fspiopLine(
      {
        method: 'POST',
        path: '/transfers',
        resource,
        operation: 'post-transfers',
        schema: prepareSchema,
        act: async (call) => {
          const { destination } = call.inbound
          if (destination === undefined) return fspiopError('3102', 'FSPIOP-Destination')
          await takePrepare(ports, { ...timed(call), body: call.body })
          return undefined
        },
        breakOff: (call) => breakOff(ports, call, call.body.transferId),
      },
      ports,
    ),
    fspiopLine(
      { ...put, path: '/transfers/:correlationId', schema: fulfilSchema, act: answer },
      ports,
    ),
    fspiopLine(
      { ...put, path: '/transfers/:correlationId/error', schema: errorBodySchema, act: answer },
      ports,
    ),
    fspiopLine(
      {
        method: 'GET',
        path: '/transfers/:correlationId',
        resource,
        operation: 'get-transfers',
        ownFaults: ['delay'],
        act: (call) => {
          answerReading(ports, call)
          return undefined
        },
        breakOff: (call) => breakOff(ports, call, idOf(call)),
      },
      ports,
    ),
  ]
}

/** Reads now; two faults let time pass before the answer leaves: `hold-reply` keeps the Date of the reading, `delay` forges it. */
function answerReading(ports: LedgerPorts, call: Call<unknown>): void {
  const { faults } = ports
  const transferId = idOf(call)
  const reading = readTransfer(ports, call.inbound, transferId)
  const fault = faults.take('get-transfers', 'hold-reply', 'delay')
  if (!fault) {
    reply(ports, transferId, reading)
    return
  }
  const { datedAt: _, ...undated } = reading
  const answer = fault.do === 'delay' ? undated : reading
  void faults.pause(fault.ms ?? faultMsDefault).then(() => reply(ports, transferId, answer))
}

function breakOff(ports: LedgerPorts, { inbound }: Call<unknown>, transferId: string): void {
  const error = fspiopError('2001', 'a fault of the lab')
  const { source: to, version } = inbound
  reply(ports, transferId, errorNotice({ transferId, to, error, version }))
}

function idOf({ params }: Call<unknown>): string {
  return params['correlationId'] ?? ''
}

function timed({ inbound, judgedAt }: Call<unknown>): Pick<Call<unknown>, 'inbound' | 'judgedAt'> {
  return judgedAt === undefined ? { inbound } : { inbound, judgedAt }
}
