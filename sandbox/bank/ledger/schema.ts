/**
 * The bank's tables. Amounts are integers in minor units, times are ISO 8601 in UTC. In `posting` and `gl_balance` a
 * debit is positive and a credit negative, so that each journal and each currency add up to zero; `savings.balance` is
 * the customer's own view, positive when the bank owes her.
 */
export const bankSchema = `
CREATE TABLE IF NOT EXISTS client (
  id INTEGER PRIMARY KEY,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  msisdn TEXT NOT NULL UNIQUE,
  gender TEXT NOT NULL,
  date_of_birth TEXT NOT NULL,
  joined_on TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS savings (
  id INTEGER PRIMARY KEY,
  client_id INTEGER NOT NULL REFERENCES client (id),
  external_id TEXT NOT NULL UNIQUE,
  currency TEXT NOT NULL,
  balance INTEGER NOT NULL DEFAULT 0,
  held INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'frozen', 'closed')),
  opened_on TEXT NOT NULL,
  CHECK (held >= 0 AND balance >= held)
) STRICT;
CREATE INDEX IF NOT EXISTS savings_client ON savings (client_id);

CREATE TABLE IF NOT EXISTS identifier (
  id INTEGER PRIMARY KEY,
  id_type TEXT NOT NULL,
  id_value TEXT NOT NULL,
  sub_id TEXT NOT NULL DEFAULT '',
  savings_id INTEGER NOT NULL REFERENCES savings (id),
  UNIQUE (id_type, id_value, sub_id),
  UNIQUE (savings_id, id_type)
) STRICT;

CREATE TABLE IF NOT EXISTS gl_balance (
  kind TEXT NOT NULL,
  currency TEXT NOT NULL,
  balance INTEGER NOT NULL,
  PRIMARY KEY (kind, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS journal (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  currency TEXT NOT NULL,
  reference TEXT NOT NULL,
  reverses INTEGER REFERENCES journal (id)
) STRICT;
CREATE INDEX IF NOT EXISTS journal_reverses ON journal (reverses) WHERE reverses IS NOT NULL;

CREATE TABLE IF NOT EXISTS posting (
  journal_id INTEGER NOT NULL REFERENCES journal (id),
  line INTEGER NOT NULL,
  kind TEXT NOT NULL,
  savings_id INTEGER REFERENCES savings (id),
  amount INTEGER NOT NULL,
  PRIMARY KEY (journal_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS savings_transaction (
  id INTEGER PRIMARY KEY,
  savings_id INTEGER NOT NULL REFERENCES savings (id),
  kind TEXT NOT NULL,
  amount INTEGER NOT NULL,
  running_balance INTEGER NOT NULL,
  at TEXT NOT NULL,
  journal_id INTEGER REFERENCES journal (id),
  payment_type_id INTEGER,
  routing_code TEXT,
  receipt_number TEXT,
  note TEXT,
  release_id INTEGER,
  reversed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS savings_transaction_account ON savings_transaction (savings_id, id);
CREATE INDEX IF NOT EXISTS savings_transaction_journal ON savings_transaction (journal_id);

CREATE TABLE IF NOT EXISTS interop_transfer (
  id INTEGER PRIMARY KEY,
  savings_id INTEGER NOT NULL REFERENCES savings (id),
  role TEXT NOT NULL CHECK (role IN ('PAYER', 'PAYEE')),
  transfer_code TEXT NOT NULL,
  amount INTEGER NOT NULL,
  total INTEGER NOT NULL,
  fee INTEGER NOT NULL,
  hold_id INTEGER REFERENCES savings_transaction (id),
  released INTEGER NOT NULL DEFAULT 0,
  booked_id INTEGER REFERENCES savings_transaction (id),
  UNIQUE (savings_id, role, transfer_code)
) STRICT;
CREATE INDEX IF NOT EXISTS interop_transfer_hold ON interop_transfer (hold_id);

CREATE TABLE IF NOT EXISTS settlement (
  reference TEXT PRIMARY KEY,
  currency TEXT NOT NULL,
  amount INTEGER NOT NULL,
  journal_id INTEGER NOT NULL REFERENCES journal (id)
) STRICT;

CREATE TABLE IF NOT EXISTS command (
  action TEXT NOT NULL,
  entity TEXT NOT NULL,
  key TEXT NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (action, entity, key)
) STRICT, WITHOUT ROWID;
`
