import { text, whole } from '../columns.ts'
import { callbackJson, headersJson } from '../row-json.ts'
import type { SqlRow } from '../sqlite.ts'
import type { SqlSession } from '../step-session.ts'
import type { Inbox, InboxInsert, InboxRow } from '../store.ts'

/** What peers sent, as rows: the raw bytes beside what was read from them. */
export function createInbox(sql: SqlSession): Inbox {
  const about = async (
    fspId: string,
    subject: InboxInsert['about'],
    since: number,
  ): Promise<readonly InboxRow[]> =>
    (await sql.all(findAbout, [fspId, subject.kind, subject.id, since])).map(inboxRowOf)
  return {
    insert: async (row) => {
      const [inserted] = await sql.returning(insertRow, insertParams(row))
      if (!inserted) throw new Error('the inbox gave no id')
      return String(whole(inserted, 'id'))
    },
    find: async (id) => {
      const [row] = await sql.all(findRow, [Number(id)])
      return row && inboxRowOf(row)
    },
    ofTransfer: (fspId, id) => about(fspId, { kind: 'transfer', id }, 0),
    ofQuote: (fspId, id) => about(fspId, { kind: 'quote', id }, 0),
    ofParty: (fspId, id, since) => about(fspId, { kind: 'party', id }, since),
  }
}

const insertRow = `INSERT INTO inbox
  (fsp_id, received_at, about_kind, about_id, callback, method, path, headers, bytes)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`

const findRow = 'SELECT id, fsp_id, received_at, callback FROM inbox WHERE id = ?'

const findAbout = `SELECT id, fsp_id, received_at, callback FROM inbox
  WHERE fsp_id = ? AND about_kind = ? AND about_id = ? AND received_at >= ? ORDER BY received_at, id`

function insertParams({ fspId, receivedAt, about, callback, raw }: InboxInsert) {
  return [
    fspId,
    receivedAt,
    about.kind,
    about.id,
    callbackJson.encode(callback),
    raw.method,
    raw.path,
    headersJson.encode(raw.headers),
    raw.bytes,
  ]
}

function inboxRowOf(row: SqlRow): InboxRow {
  return {
    id: String(whole(row, 'id')),
    fspId: text(row, 'fsp_id'),
    receivedAt: whole(row, 'received_at'),
    callback: callbackJson.decode(text(row, 'callback')),
  }
}
