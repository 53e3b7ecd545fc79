import type { Clock } from '../../clock.ts'
import type { Store } from '../../store.ts'
import { bytesOf, integerOf, textOf } from '../rows.ts'
import type { Lanes, Letter } from './lanes.ts'
import type { Message } from './message.ts'
import { parseMessage } from './parse-message.ts'

export type Posting = Pick<Letter, 'topic' | 'notAfter'> & {
  /** Kept back until `release`. */
  readonly isHeld?: boolean
}

/** Keeps a message with what the transaction writes. */
export type Post = (message: Message, posting: Posting) => void

/** Messages that must leave: on disk together with what they tell, and sent only after that. */
export interface Outbox {
  /**
   * Runs `work` in the next transaction, together with what else has come by then: one flush to the disk serves them all.
   * Resolves when it is on disk; what it posted is delivered from then on. A throw leaves neither rows nor messages behind.
   */
  commit<T>(work: (post: Post) => T): Promise<T>
  /** The same in a transaction of its own, done when this returns. */
  commitNow<T>(work: (post: Post) => T): T
  /** Lets go what was held about this topic. */
  release(topic: string): void
  /** Starts to deliver what an earlier run left, and is not held. */
  resume(): void
  /** Forgets on disk what is done; also part of every commit. */
  tidy(): void
  /** Drops work that waits for its commit, as a power cut would: it never settles. */
  stop(): void
}

type Waiting = { readonly run: () => () => void; readonly reject: (failure: unknown) => void }

const worksPerCommitMax = 256

/** The table of notices. A message may be delivered twice when the program ends between delivery and tidying up. */
export function createOutbox(ports: {
  readonly store: Store
  readonly lanes: Lanes
  readonly clock: Clock
}): Outbox {
  const { store, lanes, clock } = ports
  const done = new Set<number>()
  const queue: Waiting[] = []

  const take = (seq: number, letter: Letter): void =>
    lanes.take({ ...letter, onDone: () => done.add(seq) })

  const withTidying = <T>(work: () => T): T => {
    const forgotten = [...done]
    const result = store.transaction(() => {
      for (const seq of forgotten) store.run('DELETE FROM notices WHERE seq = ?', seq)
      return work()
    })
    for (const seq of forgotten) done.delete(seq)
    return result
  }
  /** Inside a transaction: returns the result, and how to start what was posted. */
  const perform = <T>(
    work: (post: Post) => T,
  ): { readonly result: T; readonly start: () => void } => {
    const posted: (() => void)[] = []
    const result = work((message, posting) => {
      const seq = insert(store, message, posting)
      if (posting.isHeld !== true) posted.push(() => take(seq, letterOf(message, posting)))
    })
    return { result, start: () => posted.forEach((begin) => begin()) }
  }
  const flush = (): void => {
    const works = queue.splice(0, worksPerCommitMax)
    if (queue.length > 0) clock.after(0, flush)
    commitTogether(works, withTidying)
  }
  return {
    commit: (work) =>
      new Promise((resolve, reject) => {
        const run = (): (() => void) => {
          const { result, start } = perform(work)
          return () => {
            start()
            resolve(result)
          }
        }
        if (queue.push({ run, reject }) === 1) clock.after(0, flush)
      }),
    commitNow(work) {
      const { result, start } = withTidying(() => perform(work))
      start()
      return result
    },
    ...keptIn(store, take),
    tidy() {
      if (done.size > 0) withTidying(() => undefined)
    },
    stop: () => queue.splice(0),
  }
}

/** All in one transaction; when that fails each in its own, so that only who is at fault hears of it. */
function commitTogether(works: readonly Waiting[], transaction: <T>(work: () => T) => T): void {
  try {
    const tellAll = transaction(() => works.map(({ run }) => run()))
    for (const tell of tellAll) tell()
  } catch (failure) {
    const [only] = works
    if (works.length === 1) only?.reject(failure)
    else for (const work of works) commitTogether([work], transaction)
  }
}

function keptIn(
  store: Store,
  take: (seq: number, letter: Letter) => void,
): Pick<Outbox, 'release' | 'resume'> {
  return {
    release(topic) {
      const held = stored(store, 'held = 1 AND topic = ?', topic)
      if (held.length === 0) return
      store.run('UPDATE notices SET held = 0 WHERE held = 1 AND topic = ?', topic)
      for (const { seq, letter } of held) take(seq, letter)
    },
    resume() {
      for (const { seq, letter } of stored(store, 'held = 0')) take(seq, letter)
    },
  }
}

function letterOf(message: Message, { topic, notAfter }: Posting): Letter {
  return { message, topic, ...(notAfter === undefined ? {} : { notAfter }) }
}

function insert(store: Store, message: Message, posting: Posting): number {
  const { bytes, ...rest } = message
  store.run(
    'INSERT INTO notices (topic, held, message, body, not_after) VALUES (?, ?, ?, ?, ?)',
    posting.topic,
    posting.isHeld === true ? 1 : 0,
    JSON.stringify(rest),
    bytes,
    posting.notAfter ?? null,
  )
  const row = store.all('SELECT last_insert_rowid() AS seq')[0]
  if (!row) throw new Error('the notice was not stored')
  return integerOf(row, 'seq')
}

function stored(
  store: Store,
  where: string,
  ...values: readonly string[]
): readonly { readonly seq: number; readonly letter: Letter }[] {
  const rows = store.all(`SELECT * FROM notices WHERE ${where} ORDER BY seq`, ...values)
  return rows.map((row) => {
    const message = parseMessage(textOf(row, 'message'), bytesOf(row, 'body'))
    const notAfter = row['not_after'] === null ? {} : { notAfter: integerOf(row, 'not_after') }
    return {
      seq: integerOf(row, 'seq'),
      letter: { message, topic: textOf(row, 'topic'), ...notAfter },
    }
  })
}
