import assert from 'node:assert/strict'
import type { SqlDatabase } from './sqlite.ts'

/**
 * Steps of the schema, in order; a released one is never edited. The SQL is what SQLite and PostgreSQL both read, but for
 * `{rising id}`, which each driver names its own way. Times are ms since 1970, amounts decimal strings.
 */
const migrations: readonly string[] = [
  `CREATE TABLE transfers (
     fsp_id TEXT NOT NULL, role TEXT NOT NULL, transfer_id TEXT NOT NULL,
     state TEXT NOT NULL, correlation_id TEXT NOT NULL,
     payer_fsp TEXT, payee_fsp TEXT, payer_identifier TEXT NOT NULL, payee_identifier TEXT NOT NULL,
     amount TEXT NOT NULL, currency TEXT NOT NULL,
     asked TEXT NOT NULL, facts TEXT NOT NULL, wait BIGINT NOT NULL,
     created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, completed_at BIGINT,
     PRIMARY KEY (fsp_id, role, transfer_id));
   CREATE INDEX transfers_by_correlation ON transfers (fsp_id, correlation_id);
   CREATE INDEX transfers_by_time ON transfers (fsp_id, role, created_at);

   CREATE TABLE timeline (
     id {rising id}, fsp_id TEXT NOT NULL, role TEXT NOT NULL, transfer_id TEXT NOT NULL,
     at BIGINT NOT NULL, step TEXT NOT NULL, party TEXT NOT NULL, direction TEXT NOT NULL,
     outcome TEXT NOT NULL, detail TEXT NOT NULL);
   CREATE INDEX timeline_by_transfer ON timeline (fsp_id, role, transfer_id, id);

   CREATE TABLE idempotency (
     tenant TEXT NOT NULL, route TEXT NOT NULL, key TEXT NOT NULL,
     request_hash TEXT NOT NULL, status BIGINT NOT NULL, body TEXT NOT NULL,
     PRIMARY KEY (tenant, route, key));

   CREATE TABLE attempts (
     fsp_id TEXT NOT NULL, role TEXT NOT NULL, transfer_id TEXT NOT NULL,
     step TEXT NOT NULL, attempt BIGINT NOT NULL, upstream_key TEXT NOT NULL, message TEXT,
     tries BIGINT NOT NULL, sent_at BIGINT, outcome TEXT NOT NULL,
     PRIMARY KEY (fsp_id, role, transfer_id, step, attempt));

   CREATE TABLE inbox (
     id {rising id}, fsp_id TEXT NOT NULL, received_at BIGINT NOT NULL,
     about_kind TEXT NOT NULL, about_id TEXT NOT NULL, callback TEXT NOT NULL,
     method TEXT NOT NULL, path TEXT NOT NULL, headers TEXT NOT NULL, bytes BYTEA NOT NULL);
   CREATE INDEX inbox_by_subject ON inbox (fsp_id, about_kind, about_id, received_at);

   CREATE TABLE outbox (
     id {rising id}, kind TEXT NOT NULL, line TEXT NOT NULL, line_partition BIGINT NOT NULL,
     due_at BIGINT NOT NULL, tries BIGINT NOT NULL, entry TEXT NOT NULL);
   CREATE INDEX outbox_by_kind ON outbox (kind, id);
   CREATE INDEX outbox_by_line ON outbox (kind, line, id);
   CREATE INDEX outbox_by_time ON outbox (due_at);

   CREATE TABLE lookups (
     fsp_id TEXT NOT NULL, party_key TEXT NOT NULL, line TEXT NOT NULL,
     message_name TEXT NOT NULL, correlation_key TEXT NOT NULL, since BIGINT NOT NULL,
     PRIMARY KEY (fsp_id, party_key, line));

   CREATE TABLE quotes (
     fsp_id TEXT NOT NULL, quote_id TEXT NOT NULL, condition TEXT,
     question TEXT NOT NULL, account_id TEXT, terms TEXT, answer TEXT NOT NULL,
     created_at BIGINT NOT NULL, PRIMARY KEY (fsp_id, quote_id));
   CREATE INDEX quotes_by_condition ON quotes (fsp_id, condition);

   CREATE TABLE problems (
     fsp_id TEXT NOT NULL, role TEXT NOT NULL, transfer_id TEXT NOT NULL, kind TEXT NOT NULL,
     detail TEXT NOT NULL, opened_at BIGINT NOT NULL, closed_at BIGINT,
     PRIMARY KEY (fsp_id, role, transfer_id, kind));
   CREATE INDEX problems_by_fsp ON problems (fsp_id, closed_at, opened_at);

   CREATE TABLE registrations (
     fsp_id TEXT NOT NULL, registration_id TEXT NOT NULL, party_id TEXT NOT NULL,
     account_id TEXT NOT NULL, currency TEXT NOT NULL, state TEXT NOT NULL, refusal TEXT,
     wait BIGINT NOT NULL, updated_at BIGINT NOT NULL, PRIMARY KEY (fsp_id, registration_id));`,

  'ALTER TABLE quotes ADD COLUMN honoured_for TEXT;',
]

/** Brings the tables to this program's version, step by step. Throws one sentence for a file that a later version wrote. */
export function migrate(database: SqlDatabase, risingId: string): void {
  database.exec('CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)')
  const [row] = database.all('SELECT MAX(version) AS version FROM schema_version')
  const version = Number(row?.['version'] ?? 0)
  assert(
    version <= migrations.length,
    `the store is of version ${String(version)}, later than this program's ${String(migrations.length)}: start the newer program`,
  )
  migrations.slice(version).forEach((migration, index) => {
    database.transaction(() => {
      database.exec(migration.replaceAll('{rising id}', risingId))
      database.run('INSERT INTO schema_version (version) VALUES (?)', [version + index + 1])
    })
  })
}
