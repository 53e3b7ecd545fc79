import { z } from 'zod'
import { answering, type ApiRoute } from '../channel/api.ts'
import { isRejection, reject, type Rejection } from '../channel/problem.ts'
import { plainWord, readParameters } from '../channel/request.ts'
import { tenantHeaders, type ChannelPorts } from '../channel/transfers.ts'
import { formatAmount } from '../domain/money.ts'
import { jsonResponse, queryOf } from '../router.ts'
import { dayOf, timedLegs, tookAtMost, type DayStatistics } from '../statistics/day.ts'

const daySchema = z.iso.date({ error: 'must be a day: YYYY-MM-DD' })

const querySchema = z.object({
  fspId: plainWord(32).optional().meta({ description: 'All FSPs of the key when absent.' }),
  from: daySchema.optional().meta({ description: 'The first day; six before the last if absent.' }),
  to: daySchema.optional().meta({ description: 'The last day, included; today when absent.' }),
})

const tookSchema = z
  .object({
    legs: z.int().meta({ description: 'How many legs were timed.' }),
    meanMs: z.number(),
    p50Ms: z.int().meta({ description: 'At most so long; from limits that are some way apart.' }),
    p95Ms: z.int(),
    longestMs: z.int(),
  })
  .meta({ description: 'From being received to the end; absent where no leg ended.' })

const dayViewSchema = z
  .object({
    day: z.iso.date().meta({ description: 'In UTC.' }),
    fspId: z.string(),
    role: z.enum(['payer', 'payee']),
    currency: z.string(),
    received: z.int().meta({ description: 'Legs that were received on this day.' }),
    committed: z.int().meta({ description: 'Legs that were committed on it, whenever received.' }),
    amount: z.string().meta({ description: 'What the committed ones were asked to carry.' }),
    aborted: z.array(z.object({ reason: z.string(), legs: z.int() })),
    took: tookSchema.optional(),
  })
  .meta({ id: 'DayStatistics' })

const answerSchema = z.object({ days: z.array(dayViewSchema) })

/** `GET /operations/statistics`: what was received, committed and aborted, by day, FSP, role and currency. */
export function getStatistics({ store, callers, clock, log }: ChannelPorts): ApiRoute {
  return {
    method: 'GET',
    path: '/operations/statistics',
    doc: {
      summary: 'See how many transfers there were, of how much, and how long they took',
      headers: tenantHeaders.partial(),
      query: querySchema,
      answer: answerSchema,
      problems: [400, 401, 403, 404],
    },
    run: answering(log, async ({ request }) => {
      const operator = callers.operatorOf(request)
      if (isRejection(operator)) return operator
      const asked = readQuery(queryOf(request), clock.now())
      if (isRejection(asked)) return asked
      const fspIds = operator.fspIds.filter((id) => asked.fspId === undefined || id === asked.fspId)
      if (fspIds.length === 0) return notAllowed
      const days: DayStatistics[] = []
      await store.step(async (tx) => {
        for (const fspId of fspIds) days.push(...(await tx.statistics.days({ ...asked, fspId })))
      })
      return jsonResponse(200, { days: days.map(dayView) })
    }),
  }
}

const notAllowed = reject(
  'RequestingPartyAuthorisationError',
  'the key is not for this FSP',
  'fspId',
)

type Asked = { readonly fspId?: string | undefined; readonly from: string; readonly to: string }

const daysShownMax = 366
const dayMs = 86_400_000

function readQuery(query: URLSearchParams, now: number): Asked | Rejection {
  const names = Object.keys(querySchema.shape)
  // A word that is silently ignored would show days that were not asked for.
  if ([...query.keys()].some((name) => !names.includes(name)))
    return reject('FormatError', `must be of ${names.join(', ')}`, 'query')
  const read = readParameters(querySchema, Object.fromEntries(query))
  if (isRejection(read)) return read
  const to = read.to ?? dayOf(now)
  const from = read.from ?? dayOf(Date.parse(to) - 6 * dayMs)
  const days = (Date.parse(to) - Date.parse(from)) / dayMs + 1
  if (days < 1 || days > daysShownMax)
    return reject('FormatError', `must be 1 to ${String(daysShownMax)} days before its end`, 'from')
  return { fspId: read.fspId, from, to }
}

function dayView({ key, received, committed, amount, aborted, took }: DayStatistics) {
  const reasons = Object.entries(aborted).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    ...key,
    received,
    committed,
    amount: formatAmount(amount),
    aborted: reasons.map(([reason, legs]) => ({ reason, legs })),
    took: tookView(took),
  } satisfies z.infer<typeof dayViewSchema>
}

function tookView(took: DayStatistics['took']): z.infer<typeof tookSchema> | undefined {
  const legs = timedLegs(took)
  const [p50Ms, p95Ms] = [tookAtMost(took, 0.5), tookAtMost(took, 0.95)]
  if (p50Ms === undefined || p95Ms === undefined) return undefined
  return { legs, meanMs: Math.round(took.totalMs / legs), p50Ms, p95Ms, longestMs: took.longestMs }
}
