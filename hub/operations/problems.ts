import { z } from 'zod'
import { answering, type ApiRoute } from '../channel/api.ts'
import { isRejection } from '../channel/problem.ts'
import { isoTime } from '../channel/transfer-view.ts'
import { tenantHeaders, type ChannelPorts } from '../channel/transfers.ts'
import { jsonResponse } from '../router.ts'
import type { Problem } from '../store/store.ts'

/** What may be decided about each kind of problem; the others settle elsewhere, and are only shown. */
export const decisionsFor = {
  'outcome-disputed': ['commit', 'release'],
  'outcome-unknowable': ['commit', 'release'],
  'booking-owed': ['suspense'],
  'committed-after-release': [],
  incident: [],
} as const satisfies Record<Problem['kind'], readonly ('commit' | 'release' | 'suspense')[]>

const problemViewSchema = z
  .object({
    fspId: z.string(),
    role: z.enum(['payer', 'payee']),
    transferId: z.string(),
    kind: z.string(),
    detail: z.string(),
    openedAt: z.iso.datetime(),
    decisions: z.array(z.string()).meta({ description: 'What may be decided about it here.' }),
  })
  .meta({ id: 'Problem' })

/** `GET /operations/problems`: what only a person can settle, oldest first per FSP. */
export function getProblems({ store, callers, log }: ChannelPorts): ApiRoute {
  return {
    method: 'GET',
    path: '/operations/problems',
    doc: {
      summary: 'See what only a person can settle',
      headers: tenantHeaders.partial(),
      answer: z.object({ problems: z.array(problemViewSchema) }),
      problems: [401, 403, 404],
    },
    run: answering(log, async ({ request }) => {
      const operator = callers.operatorOf(request)
      if (isRejection(operator)) return operator
      const problems: Problem[] = []
      await store.step(async (tx) => {
        for (const fspId of operator.fspIds) problems.push(...(await tx.problems.listOpen(fspId)))
      })
      return jsonResponse(200, { problems: problems.map(problemView) })
    }),
  }
}

function problemView({ key, kind, detail, openedAt }: Problem): z.infer<typeof problemViewSchema> {
  return { ...key, kind, detail, openedAt: isoTime(openedAt), decisions: [...decisionsFor[kind]] }
}
