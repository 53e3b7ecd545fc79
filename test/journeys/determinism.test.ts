import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { openSqlite } from '../../hub/store/sqlite.ts'
import { makeDataFolder } from '../support/data-folder.ts'
import { startVirtualLab, type VirtualLab } from '../support/virtual-lab.ts'
import {
  aTransfer,
  expectBooksRight,
  fault,
  freeze,
  orderRequest,
  type Order,
} from '../support/journey.ts'
import { sendJson } from '../../sandbox/json-client.ts'

const banks = ['heron', 'weaver', 'ibis', 'kingfisher'] as const

/** What a run left: everything that was sent, and everything that was kept. */
type Trace = {
  readonly messages: string
  readonly rows: string
  readonly endings: Record<string, number>
}

/** All ordered pairs of banks and each bank by itself, one in eight of a kind that must fail. */
function ordersOf(lab: VirtualLab, count: number): readonly Order[] {
  const draw = (below: number): number => (lab.clock.randomBytes(1)[0] ?? 0) % below
  return Array.from({ length: count }, (_, n) => {
    const from = banks[n % 4] ?? 'heron'
    const to = banks[(n + (n >> 2)) % 4] ?? 'weaver'
    const isUgx = (from === 'ibis' || from === 'kingfisher') && n % 3 === 0
    const amount = isUgx
      ? String(100 + draw(200))
      : `${String(1 + draw(90))}.${String(10 + draw(80))}`
    const payer = n % 16 === 7 ? 8 : 1 + draw(6)
    // Nobody pays herself.
    const payee = n % 16 === 15 ? 7 + draw(3) : 1 + ((payer + draw(5)) % 6)
    return aTransfer({ from, payer, to, payee, amount, currency: isUgx ? 'UGX' : 'KES' })
  })
}

async function breakThings(lab: VirtualLab): Promise<void> {
  await fault(lab, 'switch', { on: 'put-transfers-callback', do: 'silence', times: 5 })
  await fault(lab, 'switch', { on: 'patch-transfers', do: 'duplicate', times: 9 })
  await fault(lab, 'switch', { on: 'post-transfers', do: 'late-copy', ms: 40_000, times: 3 })
  await fault(lab, 'switch', { on: 'put-quotes', do: 'reorder', ms: 900, times: 4 })
  await fault(lab, 'switch', { on: 'put-transfers', do: 'delay', ms: 6_000, times: 4 })
  await fault(lab, 'heron', { on: 'prepare', do: 'commit-then-hang', times: 2 })
  await fault(lab, 'weaver', { on: 'create-payee', do: 'error', times: 3 })
  await fault(lab, 'ibis', { on: 'create-payer', do: 'silence', times: 2 })
}

async function run(seed: number, count: number): Promise<Trace> {
  const folder = makeDataFolder()
  const dataDir = folder.path
  const lab = await startVirtualLab({ dataDir, seed })
  await breakThings(lab)
  const answers: Promise<unknown>[] = []
  for (const order of ordersOf(lab, count)) {
    answers.push(sendJson(lab.network, orderRequest(lab, order)))
    await lab.clock.advance((lab.clock.randomBytes(1)[0] ?? 0) % 40)
    if (answers.length === count / 2) await freeze(lab, 'kingfisher', 3)
  }
  await lab.clock.advance(100_000)
  await freeze(lab, 'kingfisher', 3, false)
  await lab.clock.advance(100_000)
  expect(await Promise.all(answers)).toHaveLength(count)
  await expectBooksRight(lab)
  const messages = hashOf(
    lab.network.traffic.map(({ url, request, answer }) => [url, request, answer]),
  )
  await lab.close()
  const rows = readdirSync(dataDir)
    .filter((file) => file.endsWith('.db'))
    .map((file) => [file, rowsOf(join(dataDir, file))] as const)
  folder.remove()
  expect(rows.map(([file]) => file)).toEqual(
    [...banks, 'engine', 'hub', 'switch'].sort().map((name) => `${name}.db`),
  )
  return { messages, rows: hashOf(rows), endings: endingsOf(rows) }
}

type TableRows = Readonly<Record<string, readonly string[]>>

/** Every row of every table, as text. */
function rowsOf(file: string): TableRows {
  const database = openSqlite(file)
  const tables = database.all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
  const rows = tables.map(({ name }) => {
    const all = database.all(`SELECT * FROM "${String(name)}"`)
    return [String(name), all.map(textOf).sort()] as const
  })
  database.close()
  return Object.fromEntries(rows)
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'bigint') return `${String(each)}n`
    if (each instanceof Error) return `${each.name}: ${each.message}`
    return each instanceof Uint8Array ? Buffer.from(each).toString('base64') : each
  })
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(textOf(value)).digest('hex')
}

/** How many legs ended how, so that a run in which nothing happens does not pass for a good one. */
function endingsOf(files: readonly (readonly [string, TableRows])[]): Record<string, number> {
  const hub = files.find(([file]) => file === 'hub.db')?.[1]
  const endings: Record<string, number> = {}
  for (const row of hub?.['transfers'] ?? []) {
    const { role, state } = JSON.parse(row) as { role: string; state: string }
    endings[`${role} ${state}`] = (endings[`${role} ${state}`] ?? 0) + 1
  }
  return endings
}

it('two hundred transfers, with failures and faults, twice from one seed: the same messages and rows', async () => {
  const first = await run(1, 200)
  const second = await run(1, 200)
  expect(second).toEqual(first)
  expect(Object.keys(first.endings).sort()).toEqual(
    expect.arrayContaining(['payee committed', 'payer aborted', 'payer committed']),
  )
  expect(first.endings['payer aborted']).toBeGreaterThan(20)
  expect(first.endings['payer committed']).toBeGreaterThan(100)
}, 120_000)

it('another seed gives other messages and rows', async () => {
  const one = await run(1, 16)
  const other = await run(2, 16)
  expect(other.messages).not.toBe(one.messages)
  expect(other.rows).not.toBe(one.rows)
}, 60_000)
