import type { Clock } from '../../clock.ts'
import type { Store } from '../../store.ts'
import { integerOf, optionalTextOf, textOf } from '../rows.ts'
import type { Row } from '../../store.ts'

export type Participant = {
  readonly name: string
  readonly isActive: boolean
  readonly createdAt: number
  readonly publicKeyPem: string | undefined
}

/** Who takes part in the scheme, and where each is called. Nothing is cached: a change holds for the next message. */
export interface Participants {
  find(name: string): Participant | undefined
  list(): readonly Participant[]
  /** Adds it, active, unless it is there. */
  add(name: string): void
  setActive(name: string, isActive: boolean): void
  setPublicKey(name: string, publicKeyPem: string): void
  /** `callbackBase`, or one of the endpoint types of the OSS switch. */
  setEndpoint(name: string, type: string, value: string): void
  endpoints(name: string): readonly { readonly type: string; readonly value: string }[]
}

/** The endpoint type under which a participant's base URL stands: the path of the resource is appended to it. */
export const callbackBase = 'FSPIOP_CALLBACK_URL'

/** The table of participants. */
export function createParticipants(ports: {
  readonly store: Store
  readonly clock: Clock
}): Participants {
  const { store, clock } = ports
  return {
    find(name) {
      const row = store.all('SELECT * FROM participants WHERE name = ?', name)[0]
      return row && participantOf(row)
    },
    list: () => store.all('SELECT * FROM participants ORDER BY name').map(participantOf),
    add(name) {
      store.run(
        'INSERT INTO participants VALUES (?, 1, ?, NULL) ON CONFLICT (name) DO NOTHING',
        name,
        clock.now(),
      )
    },
    setActive(name, isActive) {
      store.run('UPDATE participants SET is_active = ? WHERE name = ?', isActive ? 1 : 0, name)
    },
    setPublicKey(name, publicKeyPem) {
      store.run('UPDATE participants SET public_key = ? WHERE name = ?', publicKeyPem, name)
    },
    setEndpoint(name, type, value) {
      store.run(
        `INSERT INTO endpoints VALUES (?, ?, ?)
         ON CONFLICT (participant, type) DO UPDATE SET value = excluded.value`,
        name,
        type,
        value,
      )
    },
    endpoints: (name) =>
      store
        .all('SELECT type, value FROM endpoints WHERE participant = ? ORDER BY type', name)
        .map((row) => ({ type: textOf(row, 'type'), value: textOf(row, 'value') })),
  }
}

function participantOf(row: Row): Participant {
  return {
    name: textOf(row, 'name'),
    isActive: integerOf(row, 'is_active') === 1,
    createdAt: integerOf(row, 'created_at'),
    publicKeyPem: optionalTextOf(row, 'public_key'),
  }
}
