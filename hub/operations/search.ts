import { z } from 'zod'
import type { ApiRoute } from '../channel/api.ts'
import { reject, type Rejection } from '../channel/problem.ts'
import { plainWord, readParameters } from '../channel/request.ts'
import { fspsOf } from '../channel/transfer-view.ts'
import { tenantHeaders, type ChannelPorts } from '../channel/transfers.ts'
import { fspiopState } from '../domain/transfer.ts'
import type { TransferRecord } from '../domain/transfer-record.ts'
import { jsonResponse, queryOf } from '../router.ts'
import type { Store } from '../store/store.ts'
import { operatorRoute } from './operator-route.ts'
import { legsOf, legView, legViewSchema } from './legs.ts'

const querySchema = z.object({
  state: z.enum(['RECEIVED', 'RESERVED', 'COMMITTED', 'ABORTED']).optional(),
  role: z.enum(['payer', 'payee']).optional(),
  payer: plainWord(128).optional().meta({ description: 'An identifier, in full.' }),
  payee: plainWord(128).optional().meta({ description: 'An identifier, in full.' }),
  payerFsp: plainWord(32).optional(),
  payeeFsp: plainWord(32).optional(),
  currency: z.string().length(3).optional(),
  from: z.iso.datetime({ offset: true }).optional().meta({ description: 'Created then or later.' }),
  to: z.iso.datetime({ offset: true }).optional().meta({ description: 'Created before then.' }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: '20 when absent.' }),
  cursor: z
    .string()
    .regex(/^\d{1,15}\.(payer|payee)\.[0-9A-Za-z-]{1,64}$/, { error: 'must be a nextCursor' })
    .optional(),
})

const pageSchema = z
  .object({
    transfers: z.array(legViewSchema),
    nextCursor: z.string().optional().meta({ description: 'Absent on the last page.' }),
    total: z
      .int()
      .optional()
      .meta({ description: 'Of all pages; only on the first, where counting is quick.' }),
  })
  .meta({ id: 'LegPage' })

type Query = z.infer<typeof querySchema>

/** `GET /operations/transfers`: an FSP's legs that fit the filters, newest first, a page at a time. */
export function searchTransfers(ports: ChannelPorts): ApiRoute {
  return {
    method: 'GET',
    path: '/operations/transfers',
    doc: {
      summary: "Search an FSP's transfers",
      headers: tenantHeaders,
      query: querySchema,
      answer: pageSchema,
      problems: [400, 401, 403, 404],
    },
    run: operatorRoute(
      ports,
      ({ request }) => readQuery(queryOf(request)),
      async ({ fspId, asked }) => {
        const limit = asked.limit ?? 20
        return jsonResponse(
          200,
          pageOf(await scan(ports.store, fspId, { query: asked, limit }), limit),
        )
      },
    ),
  }
}

function readQuery(query: URLSearchParams): Query | Rejection {
  const names = Object.keys(querySchema.shape)
  // A filter that is silently ignored would show transfers that were not asked for.
  if ([...query.keys()].some((name) => !names.includes(name)))
    return reject('FormatError', `must be of ${names.join(', ')}`, 'query')
  return readParameters(querySchema, Object.fromEntries(query))
}

type Scan = {
  /** One more than a page, where there is another. */
  readonly found: readonly TransferRecord[]
  readonly total?: number
  /** Where the search stopped looking before the end. */
  readonly stoppedAt?: TransferRecord | undefined
}

/** How many legs one request looks at, at most. */
const scannedMax = 20_000

async function scan(
  store: Store,
  fspId: string,
  { query, limit }: { readonly query: Query; readonly limit: number },
): Promise<Scan> {
  const isFirst = query.cursor === undefined
  const found: TransferRecord[] = []
  let [total, scanned] = [0, 0]
  let last: TransferRecord | undefined
  for await (const record of inRange(store, fspId, query)) {
    if (scanned++ === scannedMax) return { found, stoppedAt: last }
    last = record
    if (!fits(record, query)) continue
    total += 1
    if (found.length <= limit) found.push(record)
    else if (!isFirst) break
  }
  return isFirst ? { found, total } : { found }
}

async function* inRange(store: Store, fspId: string, query: Query): AsyncGenerator<TransferRecord> {
  const after = query.cursor === undefined ? undefined : placeOfCursor(query.cursor)
  const from = query.from === undefined ? 0 : Date.parse(query.from)
  for await (const record of legsOf(store, { fspId, before: beforeOf(query, after) })) {
    if (record.createdAt < from) return
    if (!after || isAfter(placeOf(record), after)) yield record
  }
}

function beforeOf({ to }: Query, after: Place | undefined): number {
  return Math.min(
    to === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(to),
    after === undefined ? Number.MAX_SAFE_INTEGER : after.createdAt + 1,
  )
}

function fits(record: TransferRecord, query: Query): boolean {
  const { order, key, state } = record
  const { payerFsp, payeeFsp } = fspsOf(record)
  const wanted: readonly (readonly [string | undefined, string | undefined])[] = [
    [query.state, fspiopState(state)],
    [query.role, key.role],
    [query.payer, order.payer.identifier],
    [query.payee, order.payee.identifier],
    [query.payerFsp, payerFsp],
    [query.payeeFsp, payeeFsp],
    [query.currency, order.amount.currency],
  ]
  return wanted.every(([asked, is]) => asked === undefined || asked === is)
}

function pageOf({ found, total, stoppedAt }: Scan, limit: number): z.infer<typeof pageSchema> {
  const page = found.slice(0, limit)
  const resumeAt = found.length > limit ? page.at(-1) : stoppedAt
  return {
    transfers: page.map(legView),
    nextCursor: resumeAt && cursorOf(resumeAt),
    total,
  }
}

/** Where a leg stands in the store's order: newest first, of one millisecond the payer's legs first, then by falling id. */
type Place = { readonly createdAt: number; readonly role: string; readonly transferId: string }

function placeOf({ key, createdAt }: TransferRecord): Place {
  return { createdAt, role: key.role, transferId: key.transferId }
}

function isAfter(a: Place, b: Place): boolean {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt
  if (a.role !== b.role) return a.role === 'payee'
  return a.transferId < b.transferId
}

function cursorOf({ key, createdAt }: TransferRecord): string {
  return `${createdAt}.${key.role}.${key.transferId}`
}

function placeOfCursor(cursor: string): Place {
  const [createdAt = '0', role = '', transferId = ''] = cursor.split('.')
  return { createdAt: Number(createdAt), role, transferId }
}
