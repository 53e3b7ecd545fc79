import { createSystemClock } from '../../../hub/clock.ts'
import { createZeebeEngine } from '../../../hub/engine/zeebe/zeebe-engine.ts'
import { silentLog } from '../../support/silent-log.ts'

/** Where a broker is whose clock can be moved. */
export type BrokerAt = { readonly gatewayAddress: string; readonly managementUrl: string }

/** A broker's clock, which follows a lab's, and a way to hear how far the broker is. */
export type BrokerTime = {
  /** The lab's clock has leapt; the broker need not know yet. */
  leapt(ms: number): void
  /** Resolves once the broker's clock has leapt as far. */
  catchUp(): Promise<void>
  /** Sends a message for nobody through the broker's log: what was in the log before is done. */
  probe(): Promise<void>
  close(): Promise<void>
}

/** Connects to a broker for the time of a lab. */
export function createBrokerTime({ gatewayAddress, managementUrl }: BrokerAt): BrokerTime {
  const ports = { clock: createSystemClock(), log: silentLog }
  const prober = createZeebeEngine({ gatewayAddress }, ports)
  const nothing = { name: 'probe', correlationKey: '', variables: {}, ttlMs: 0 }
  let probes = 0
  let behindMs = 0
  let moving = Promise.resolve()
  const move = async (): Promise<void> => {
    const ms = behindMs
    behindMs = 0
    if (ms > 0) await moveBroker(managementUrl, ms)
  }
  return {
    leapt: (ms) => {
      behindMs += ms
    },
    catchUp: () => {
      moving = moving.then(move)
      return moving
    },
    probe: () => prober.publish({ ...nothing, messageId: `probe-${String(++probes)}` }),
    close: () => prober.close(),
  }
}

/** Moves a broker's clock on; it must run under a controlled one. */
export async function moveBroker(managementUrl: string, ms: number): Promise<void> {
  const answer = await fetch(`${managementUrl}/actuator/clock/add`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ offsetMilli: ms }),
  })
  if (!answer.ok) throw new Error(`the broker's clock was not set: ${await answer.text()}`)
}
