import { z } from 'zod'
import { answering, type ApiRoute } from '../channel/api.ts'
import { isRejection } from '../channel/problem.ts'
import { readId, tenantHeaders, unknownTransfer, type ChannelPorts } from '../channel/transfers.ts'
import { jsonResponse } from '../router.ts'
import { findLegs, legWithTimeline, legWithTimelineSchema } from './legs.ts'

/** `GET /operations/transfers/{transactionId}`: every leg that this hub holds of a transfer, with its timeline. */
export function getLegs({ store, callers, log }: ChannelPorts): ApiRoute {
  return {
    method: 'GET',
    path: '/operations/transfers/:transactionId',
    doc: {
      summary: 'See both legs of a transfer',
      headers: tenantHeaders.partial(),
      params: z.object({ transactionId: z.uuid() }),
      answer: z.object({ legs: z.array(legWithTimelineSchema) }),
      problems: [401, 403, 404],
    },
    run: answering(log, async ({ request, params }) => {
      const operator = callers.operatorOf(request)
      if (isRejection(operator)) return operator
      const transferId = readId(params['transactionId'])?.id
      if (transferId === undefined) return unknownTransfer
      const { fspIds } = operator
      const legs = await store.step(async (tx) => {
        const found = await findLegs(tx, { fspIds, roles: ['payer', 'payee'], transferId })
        const views: z.infer<typeof legWithTimelineSchema>[] = []
        for (const leg of found)
          views.push(legWithTimeline(leg, await tx.transfers.timeline(leg.key)))
        return views
      })
      return legs.length === 0 ? unknownTransfer : jsonResponse(200, { legs })
    }),
  }
}
