import type { Clock } from '../../clock.ts'
import type { Fault, Faults } from '../../faults.ts'
import { NoResponse, NotSent, type Headers, type HttpClient } from '../../http.ts'
import type { FspiopConfig, FspiopOperation } from './config.ts'
import type { Jws } from './jws.ts'

/** A message to the switch. The method and the resource follow from its operation; the path starts at the resource. */
export type Letter = {
  readonly operation: FspiopOperation
  readonly path: string
  readonly to?: string
  /** JSON; a GET has none. */
  readonly body?: string
  /** When the answer that it brings is too late. */
  readonly expiresAt?: number
}

/** The way out. Whether a letter arrived shows in what comes back; who needs to be sure sends it again. */
export interface Post {
  send(letter: Letter): void
  /** Nothing leaves any more, delayed letters included. */
  stop(): void
}

const answerMsMax = 5_000
const lateMs = 1_000
const latestMs = 60_000

/** Sends with this bank's headers and signature, and breaks what it sends as the active faults say. */
export function createPost(
  config: Pick<FspiopConfig, 'fspId' | 'switchUrl'>,
  ports: {
    readonly jws: Jws
    readonly http: HttpClient
    readonly clock: Clock
    readonly faults: Faults
  },
): Post {
  const { http, clock, faults } = ports
  const running = { isStopped: false }

  const sendOnce = async (letter: Letter): Promise<void> => {
    if (running.isStopped) return
    const { operation, path, body } = letter
    const broken = faults.take(operation, 'unsigned', 'bad-signature')?.do
    const headers = headersOf(letter, { ...config, date: new Date(clock.now()).toUTCString() })
    const bytes = Buffer.from(body ?? '')
    const method = methodOf(letter)
    const signed = { method, path, headers, bytes }
    const signature = (): Headers => ({
      'fspiop-uri': path,
      'fspiop-http-method': method,
      'fspiop-signature': ports.jws.sign(
        broken === 'bad-signature' ? { ...signed, bytes: Buffer.from(`${String(body)} `) } : signed,
      ),
    })
    const isSigned = body !== undefined && broken !== 'unsigned'
    try {
      await http.send({
        method,
        url: config.switchUrl + path,
        headers: { ...headers, ...(isSigned ? signature() : {}) },
        ...(body === undefined ? {} : { bytes }),
        timeoutMs: answerMsMax,
      })
    } catch (failure) {
      // Not a word of it is lost: whatever must arrive is sent again until its answer has come.
      if (!(failure instanceof NotSent || failure instanceof NoResponse)) throw failure
    }
  }

  const sendBroken = async (letter: Letter): Promise<void> => {
    const fault = faults.take(letter.operation, 'silence', 'delay', 'late', 'duplicate')
    if (fault?.do === 'silence') return
    if (fault?.do === 'delay' || fault?.do === 'late') {
      await faults.pause(pauseMs(fault, letter, clock))
    }
    await sendOnce(letter)
    if (fault?.do === 'duplicate') await sendOnce(letter)
  }
  return {
    send: (letter) => void sendBroken(letter),
    stop: () => {
      running.isStopped = true
    },
  }
}

function pauseMs(fault: Fault, { expiresAt }: Letter, clock: Clock): number {
  if (fault.do === 'delay') return fault.ms ?? lateMs
  return expiresAt === undefined
    ? (fault.ms ?? latestMs)
    : Math.max(0, expiresAt - clock.now()) + (fault.ms ?? lateMs)
}

function methodOf({ operation }: Letter): string {
  return (operation.split('-')[0] ?? '').toUpperCase()
}

/** FSPIOP 1.1 §3.2.2: a PUT has no Accept, and a lookup no destination. */
function headersOf(
  letter: Letter,
  { fspId, date }: { readonly fspId: string; readonly date: string },
): Headers {
  const resource = letter.operation.split('-')[1] ?? ''
  const mediaType = `application/vnd.interoperability.${resource}+json`
  return {
    'content-type': `${mediaType};version=1.1`,
    ...(methodOf(letter) === 'PUT' ? {} : { accept: `${mediaType};version=1` }),
    date,
    'fspiop-source': fspId,
    ...(letter.to === undefined ? {} : { 'fspiop-destination': letter.to }),
  }
}
