import { text, textIfAny, whole } from '../columns.ts'
import { messageJson, questionJson, termsJson } from '../row-json.ts'
import type { SqlRow } from '../sqlite.ts'
import type { SqlSession } from '../step-session.ts'
import type { GivenQuote, Quotes } from '../store.ts'

/** Quotes given as payee, as rows. */
export function createQuotes(sql: SqlSession): Quotes {
  return {
    insert: async (quote) => {
      const { question, terms } = quote
      const changed = await sql.run(insertQuote, [
        quote.fspId,
        question.quoteId,
        terms?.condition ?? null,
        questionJson.encode(question),
        quote.accountId ?? null,
        terms ? termsJson.encode(terms) : null,
        messageJson.encode(quote.answer),
        quote.createdAt,
      ])
      return changed === 1
    },
    find: async (fspId, quoteId) => {
      const [row] = await sql.all(findQuote, [fspId, quoteId])
      return row && quoteOf(row)
    },
    findByCondition: async (fspId, condition) => {
      const [row] = await sql.all(findByCondition, [fspId, condition])
      return row && quoteOf(row)
    },
    honour: async (fspId, quoteId, transferId) => {
      const changed = await sql.run(honourQuote, [transferId, fspId, quoteId])
      if (changed !== 1) throw new Error('a quote that was never given cannot be honoured')
    },
  }
}

const honourQuote = 'UPDATE quotes SET honoured_for = ? WHERE fsp_id = ? AND quote_id = ?'

const insertQuote = `INSERT INTO quotes
  (fsp_id, quote_id, condition, question, account_id, terms, answer, created_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`

const columns = 'fsp_id, question, account_id, terms, answer, created_at, honoured_for'

const findQuote = `SELECT ${columns} FROM quotes WHERE fsp_id = ? AND quote_id = ?`

const findByCondition = `SELECT ${columns} FROM quotes
  WHERE fsp_id = ? AND condition = ? ORDER BY created_at, quote_id LIMIT 1`

function quoteOf(row: SqlRow): GivenQuote {
  const accountId = textIfAny(row, 'account_id')
  const terms = textIfAny(row, 'terms')
  const honouredFor = textIfAny(row, 'honoured_for')
  return {
    fspId: text(row, 'fsp_id'),
    question: questionJson.decode(text(row, 'question')),
    ...(accountId === undefined ? {} : { accountId }),
    ...(terms === undefined ? {} : { terms: termsJson.decode(terms) }),
    answer: messageJson.decode(text(row, 'answer')),
    createdAt: whole(row, 'created_at'),
    ...(honouredFor === undefined ? {} : { honouredFor }),
  }
}
