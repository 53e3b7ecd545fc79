import type { Fault, FaultKind, Faults } from '../../faults.ts'
import { deliveryKinds, entryKinds, faultMsDefault } from '../faults.ts'
import { errorBody, fspiopError } from '../fspiop/fspiop-error.ts'
import type { Message } from './message.ts'
import type { Attempt, Sender } from './sender.ts'

const callbacks: ReadonlySet<string> = new Set(['put-transfers-callback', 'patch-transfers'])
const callbackKinds = [...deliveryKinds, ...entryKinds] as const

type Breaking = (message: Message, ms: number) => Promise<Attempt>

/** A sender that breaks what it sends as the active faults say; without faults it is the sender itself. */
export function createDelivery(sender: Sender, ports: { readonly faults: Faults }): Sender {
  const { faults } = ports
  /** Messages that were told to wait for the next one of their operation. */
  const waiting = new Map<string, () => void>()

  const sendAndLetGo = async (message: Message): Promise<Attempt> => {
    const attempt = await sender(message)
    waiting.get(message.operation)?.()
    return attempt
  }
  const breakings: Partial<Record<FaultKind, Breaking>> = {
    duplicate: async (message) => {
      await sender(message)
      return sender(message)
    },
    'late-copy': (message, ms) => {
      void faults.pause(ms).then(() => sender(message))
      return sender(message)
    },
    reorder: async (message, ms) => {
      const next = new Promise<void>((resolve) => waiting.set(message.operation, resolve))
      await Promise.race([next, faults.pause(ms)])
      waiting.delete(message.operation)
      return sender(message)
    },
    delay: async (message, ms) => {
      await faults.pause(ms)
      return sendAndLetGo(message)
    },
    silence: async () => 'delivered',
    error: (message) => sender(brokenInto2001(message)),
  }
  return (message) => {
    const kinds = callbacks.has(message.operation) ? callbackKinds : deliveryKinds
    const fault: Fault | undefined = faults.take(message.operation, ...kinds)
    const breaking = fault && breakings[fault.do]
    return breaking ? breaking(message, fault.ms ?? faultMsDefault) : sendAndLetGo(message)
  }
}

function brokenInto2001(message: Message): Message {
  const body = errorBody(fspiopError('2001', 'a fault of the lab'))
  const path = message.path.endsWith('/error') ? message.path : `${message.path}/error`
  return {
    ...message,
    method: 'PUT',
    path,
    headers: { 'content-type': message.headers['content-type'] ?? '' },
    isOwn: true,
    bytes: Buffer.from(JSON.stringify(body)),
  }
}
