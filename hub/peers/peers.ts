import type { Clock } from '../clock.ts'
import {
  Unavailable,
  type Rejection,
  type SwitchCallback,
  type SwitchConnector,
} from '../connector.ts'
import { partyKey } from '../domain/party.ts'
import type { HttpRequest, HttpResponse, Route } from '../http.ts'
import type { Log } from '../log.ts'
import type { InboxInsert, Store } from '../store/store.ts'
import { publishCallback } from './publication.ts'

/** What taking in callbacks needs from the world. */
export type PeersPorts = {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** Undefined for an FSP that this hub does not serve. */
  readonly switchOf: (fspId: string) => SwitchConnector | undefined
}

const prefix = /^\/fsp\/([^/?]+)(\/[^?]*)(\?.*)?$/

/**
 * Takes in what switches and peers send: verified over the raw bytes, stored raw, answered 202 (200 for a callback), and
 * only then published. What cannot be verified or read is answered as FSPIOP says and leaves no trace but a log line.
 */
export function createPeers({ store, clock, log, switchOf }: PeersPorts): Route {
  return async (request) => {
    const match = prefix.exec(request.path)
    const fspId = decode(match?.[1] ?? '')
    const peer = switchOf(fspId)
    if (!match || !peer)
      return rejected({
        kind: 'rejection',
        status: 404,
        errorCode: '3201',
        description: 'no such FSP here',
      })
    const inner: HttpRequest = { ...request, path: `${match[2] ?? ''}${match[3] ?? ''}` }
    const callback = peer.read(inner)
    if (callback.kind === 'rejection') {
      log.warn(
        { fspId, step: 'read-callback', outcome: 'rejected', errorCode: callback.errorCode },
        'callback rejected',
      )
      return rejected(callback)
    }
    const row: InboxInsert = {
      fspId,
      receivedAt: clock.now(),
      about: aboutOf(callback),
      callback,
      raw: inner,
    }
    const isStored = await keep(store, row, peer.switchId)
    if (!isStored) {
      log.warn({ fspId, step: callback.kind, outcome: 'unavailable' }, 'callback not taken in')
      return rejected(unavailable)
    }
    log.info({ fspId, step: callback.kind, outcome: 'stored' }, 'callback received')
    return { status: isQuestion(callback) ? 202 : 200, headers: {}, bytes: new Uint8Array() }
  }
}

/** Stores and publishes; false while the store takes no writes. */
async function keep(store: Store, row: InboxInsert, switchId: string): Promise<boolean> {
  try {
    await store.step((tx) => publishCallback(tx, row, switchId))
    return true
  } catch (failure) {
    if (failure instanceof Unavailable) return false
    throw failure
  }
}

/** FSPIOP 1.1 §7.6: the sender tries again later. */
const unavailable: Rejection = {
  kind: 'rejection',
  status: 503,
  errorCode: '2003',
  description: 'Service currently unavailable: nothing was taken in',
}

function isQuestion(callback: SwitchCallback): boolean {
  return (
    callback.kind === 'party-asked' ||
    callback.kind === 'quote-asked' ||
    callback.kind === 'transfer-prepared'
  )
}

function aboutOf(callback: SwitchCallback): InboxInsert['about'] {
  switch (callback.kind) {
    case 'party-asked':
    case 'party-given':
    case 'party-refused':
      return { kind: 'party', id: partyKey(callback.partyId) }
    case 'participant-told':
    case 'participant-refused':
      return { kind: 'party', id: `participant/${partyKey(callback.partyId)}` }
    case 'quote-asked':
      return { kind: 'quote', id: callback.question.quoteId }
    case 'quote-given':
    case 'quote-refused':
      return { kind: 'quote', id: callback.quoteId }
    case 'transfer-prepared':
      return { kind: 'transfer', id: callback.prepare.transferId }
    case 'transfer-told':
    case 'transfer-refused':
      return { kind: 'transfer', id: callback.transferId }
  }
}

function rejected({ status, errorCode, description, extensions }: Rejection): HttpResponse {
  const errorInformation = {
    errorCode,
    errorDescription: description.slice(0, 128),
    ...(extensions ? { extensionList: { extension: extensions } } : {}),
  }
  const body = JSON.stringify({ errorInformation })
  return { status, headers: { 'content-type': 'application/json' }, bytes: Buffer.from(body) }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return ''
  }
}
