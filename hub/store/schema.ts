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

  // Relays of several processes share the outbox by its partitions; alone, as on SQLite, one needs no lease.
  `CREATE TABLE outbox_leases (
     line_partition BIGINT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, token BIGINT NOT NULL,
     leased_until BIGINT NOT NULL);
   INSERT INTO outbox_leases (line_partition, holder, token, leased_until) VALUES
     (0, '', 0, 0), (1, '', 0, 0), (2, '', 0, 0), (3, '', 0, 0),
     (4, '', 0, 0), (5, '', 0, 0), (6, '', 0, 0), (7, '', 0, 0),
     (8, '', 0, 0), (9, '', 0, 0), (10, '', 0, 0), (11, '', 0, 0),
     (12, '', 0, 0), (13, '', 0, 0), (14, '', 0, 0), (15, '', 0, 0);

   CREATE TABLE outbox_relays (holder TEXT NOT NULL PRIMARY KEY, live_until BIGINT NOT NULL);`,

  // Events leave in the order of their ids, so their part of the outbox needs none of the indexes of the other.
  `ALTER TABLE transfers ADD COLUMN events BIGINT NOT NULL DEFAULT 0;
   CREATE TABLE outbox_events (id {rising id}, line_partition BIGINT NOT NULL, event TEXT NOT NULL);

   CREATE TABLE statistics_legs (
     fsp_id TEXT NOT NULL, role TEXT NOT NULL, transfer_id TEXT NOT NULL,
     sequence BIGINT NOT NULL, received_at BIGINT, ended_at BIGINT,
     PRIMARY KEY (fsp_id, role, transfer_id));

   CREATE TABLE statistics_days (
     fsp_id TEXT NOT NULL, day TEXT NOT NULL, role TEXT NOT NULL, currency TEXT NOT NULL,
     received BIGINT NOT NULL, committed BIGINT NOT NULL, amount TEXT NOT NULL, aborted TEXT NOT NULL,
     total_ms BIGINT NOT NULL, longest_ms BIGINT NOT NULL, within TEXT NOT NULL,
     PRIMARY KEY (fsp_id, day, role, currency));`,
]

/** Where the version of the tables stands; without it nothing else exists. */
export const versionTable =
  'CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)'

/** The version of the tables, as the row that this gives holds it: none at all for new ones. */
export const findVersion = 'SELECT MAX(version) AS version FROM schema_version'

/** Notes a step as done. */
export const insertVersion = 'INSERT INTO schema_version (version) VALUES (?)'

/** One step of the schema: its SQL, and the version it leads to. */
export type Migration = { readonly version: number; readonly sql: string }

/** The steps that tables of a version lack, in order. Throws one sentence for tables that a later program made. */
export function migrationsAfter(version: number, risingId: string): readonly Migration[] {
  assert(
    version <= migrations.length,
    `the store is of version ${String(version)}, later than this program's ${String(migrations.length)}: start the newer program`,
  )
  return migrations.slice(version).map((migration, index) => ({
    version: version + index + 1,
    sql: migration.replaceAll('{rising id}', risingId),
  }))
}

/** Brings the tables to this program's version, step by step. Throws one sentence for a file that a later version wrote. */
export function migrate(database: SqlDatabase, risingId: string): void {
  database.exec(versionTable)
  const [row] = database.all(findVersion)
  for (const { version, sql } of migrationsAfter(Number(row?.['version'] ?? 0), risingId)) {
    database.transaction(() => {
      database.exec(sql)
      database.run(insertVersion, [version])
    })
  }
}
