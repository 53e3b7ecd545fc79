import { oneOf, text, textIfAny, whole } from '../columns.ts'
import { partyIdJson, refusalJson } from '../row-json.ts'
import type { SqlRow } from '../sqlite.ts'
import type { SqlSession } from '../step-session.ts'
import type { Registration, Registrations } from '../store.ts'

/** Identifiers that were asked to be registered, as rows. */
export function createRegistrations(sql: SqlSession): Registrations {
  return {
    insert: async (registration) => {
      await sql.run(insertRegistration, [
        registration.fspId,
        registration.registrationId,
        partyIdJson.encode(registration.partyId),
        registration.accountId,
        registration.currency,
        ...progressParams(registration),
      ])
    },
    find: async (fspId, registrationId) => {
      const [row] = await sql.all(findRegistration, [fspId, registrationId])
      return row && registrationOf(row)
    },
    save: async (registration) => {
      const row = [registration.fspId, registration.registrationId]
      const changed = await sql.run(saveRegistration, [...progressParams(registration), ...row])
      if (changed !== 1) throw new Error('a registration that was never inserted cannot be saved')
    },
  }
}

const columns = `fsp_id, registration_id, party_id, account_id, currency, state, refusal, wait,
  updated_at`

const insertRegistration = `INSERT INTO registrations (${columns})
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`

const findRegistration = `SELECT ${columns} FROM registrations
  WHERE fsp_id = ? AND registration_id = ?`

const saveRegistration = `UPDATE registrations
  SET state = ?, refusal = ?, wait = ?, updated_at = ? WHERE fsp_id = ? AND registration_id = ?`

const states = [
  'received',
  'absent-at-core',
  'at-core',
  'was-at-core',
  'registered',
  'aborted',
] as const

function progressParams({ state, refusal, wait, updatedAt }: Registration) {
  return [state, refusal ? refusalJson.encode(refusal) : null, wait, updatedAt]
}

function registrationOf(row: SqlRow): Registration {
  const refusal = textIfAny(row, 'refusal')
  return {
    fspId: text(row, 'fsp_id'),
    registrationId: text(row, 'registration_id'),
    partyId: partyIdJson.decode(text(row, 'party_id')),
    accountId: text(row, 'account_id'),
    currency: text(row, 'currency'),
    state: oneOf(row, 'state', states),
    ...(refusal === undefined ? {} : { refusal: refusalJson.decode(refusal) }),
    wait: whole(row, 'wait'),
    updatedAt: whole(row, 'updated_at'),
  }
}
