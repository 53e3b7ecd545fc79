import type { Store } from '../store.ts'

/** Amounts are decimal strings in the currency's units, times are milliseconds since 1970. */
const tables = `
CREATE TABLE IF NOT EXISTS participants (
  name TEXT PRIMARY KEY, is_active INTEGER NOT NULL, created_at INTEGER NOT NULL, public_key TEXT);
CREATE TABLE IF NOT EXISTS accounts (
  account_id INTEGER PRIMARY KEY, participant TEXT NOT NULL, currency TEXT NOT NULL, type TEXT NOT NULL,
  is_active INTEGER NOT NULL, balance TEXT NOT NULL, UNIQUE (participant, currency, type));
CREATE TABLE IF NOT EXISTS balance_changes (
  seq INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, reference TEXT NOT NULL, reason TEXT NOT NULL,
  change TEXT NOT NULL, balance TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS limits (
  participant TEXT NOT NULL, currency TEXT NOT NULL, value TEXT NOT NULL, alarm_percentage INTEGER NOT NULL,
  PRIMARY KEY (participant, currency));
CREATE TABLE IF NOT EXISTS endpoints (
  participant TEXT NOT NULL, type TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (participant, type));
CREATE TABLE IF NOT EXISTS oracles (
  oracle_id INTEGER PRIMARY KEY, type TEXT NOT NULL UNIQUE, endpoint TEXT NOT NULL, currency TEXT, is_default INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS oracle_entries (
  type TEXT NOT NULL, id TEXT NOT NULL, sub_id TEXT NOT NULL, currency TEXT NOT NULL, fsp TEXT NOT NULL,
  PRIMARY KEY (type, id, sub_id, currency));
CREATE TABLE IF NOT EXISTS transfers (
  transfer_id TEXT PRIMARY KEY, payer_fsp TEXT NOT NULL, payee_fsp TEXT NOT NULL, amount TEXT NOT NULL, currency TEXT NOT NULL,
  condition TEXT NOT NULL, expires_at INTEGER NOT NULL, state TEXT NOT NULL, error_code TEXT, prepare_hash TEXT NOT NULL,
  payer_version TEXT NOT NULL, payee_version TEXT NOT NULL, fulfil_hash TEXT, fulfilment TEXT, completed_at TEXT,
  window_id INTEGER, received_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS transfers_open ON transfers (expires_at) WHERE state IN ('RECEIVED', 'RESERVED');
CREATE INDEX IF NOT EXISTS transfers_window ON transfers (window_id) WHERE window_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS transfer_changes (
  seq INTEGER PRIMARY KEY, transfer_id TEXT NOT NULL, state TEXT NOT NULL, error_code TEXT, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS notices (
  seq INTEGER PRIMARY KEY, topic TEXT NOT NULL, held INTEGER NOT NULL, message TEXT NOT NULL, body BLOB NOT NULL, not_after INTEGER);
CREATE TABLE IF NOT EXISTS funds_movements (
  movement_id TEXT PRIMARY KEY, account_id INTEGER NOT NULL, action TEXT NOT NULL, amount TEXT NOT NULL, state TEXT NOT NULL,
  reason TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS settlement_models (name TEXT PRIMARY KEY, model TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS settlement_windows (
  window_id INTEGER PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL, created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL,
  settlement_id INTEGER);
CREATE TABLE IF NOT EXISTS settlements (
  settlement_id INTEGER PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL, model TEXT NOT NULL, created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS settlement_accounts (
  settlement_id INTEGER NOT NULL, account_id INTEGER NOT NULL, net TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (settlement_id, account_id));
`

/** Creates what is missing of the switch's tables; what is there stays. */
export function createTables(store: Store): void {
  store.exec(tables)
}
