import { transferLine } from '../../domain/transfer.ts'
import type { LegEvent } from '../../events/event-stream.ts'
import { text, whole } from '../columns.ts'
import { eventJson } from '../row-json.ts'
import type { SqlRow } from '../sqlite.ts'
import type { SqlSession } from '../step-session.ts'
import type { OutboxEvent, OutboxQueue } from '../store.ts'
import { partitionOf } from './outbox.ts'

/** Writes an event that is to be told. `wake` runs after the commit. */
export async function addEvent(sql: SqlSession, event: LegEvent, wake: () => void): Promise<void> {
  await sql.run(insertEvent, [partitionOf(transferLine(event.key)), eventJson.encode(event)])
  sql.onCommit(wake)
}

/** The same rows for the only relay of a database; each call is to run in a step. */
export function createEventRows(sql: SqlSession): Pick<OutboxQueue, 'events' | 'eventsTold'> {
  return {
    events: async (limit) => (await sql.all(findEvents, [limit])).map(outboxEventOf),
    eventsTold: async (told) => {
      const [first, last] = [told[0], told.at(-1)]
      if (first && last) await sql.run(deleteEvents, [Number(first.id), Number(last.id)])
    },
  }
}

const insertEvent = 'INSERT INTO outbox_events (line_partition, event) VALUES (?, ?)'

const findEvents = 'SELECT id, event FROM outbox_events ORDER BY id LIMIT ?'

/** Nothing lies between the rows of a batch: ids rise with each commit, and there is one writer only. */
const deleteEvents = 'DELETE FROM outbox_events WHERE id >= ? AND id <= ?'

/** An event of the columns id and event. */
export function outboxEventOf(row: SqlRow): OutboxEvent {
  return { id: String(whole(row, 'id')), event: eventJson.decode(text(row, 'event')) }
}
