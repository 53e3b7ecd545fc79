import { isMainThread, parentPort, Worker, workerData, type MessagePort } from 'node:worker_threads'
import { createSystemClock } from '../clock.ts'
import { createSocketNetwork } from '../http.ts'
import type { Close } from './closing.ts'
import type { Plan } from './plan.ts'
import { openWorld } from './world.ts'

type Told =
  | { readonly kind: 'open' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly words: string }

/**
 * Opens the world outside the hub in a thread of its own, on sockets and the system's clock. Returns what closes it.
 * Rejects with the world's own sentence when it cannot be opened; a world that dies later ends the program.
 * `compiled` is this file as JavaScript, where it is not that itself.
 */
export async function startWorldThread(
  plan: Plan,
  compiled: string | URL = new URL(import.meta.url),
): Promise<Close> {
  const thread = new Worker(compiled, { workerData: { plan } })
  await toldBy(thread, 'open').catch(async (failure: unknown) => {
    await thread.terminate()
    throw failure
  })
  return async () => {
    const closed = toldBy(thread, 'closed')
    thread.postMessage('close')
    await closed
    await thread.terminate()
  }
}

function toldBy(thread: Worker, expected: 'open' | 'closed'): Promise<void> {
  return new Promise((resolve, reject) => {
    thread.once('message', (told: Told) => {
      if (told.kind === expected) resolve()
      else reject(new Error(told.kind === 'failed' ? told.words : `the world is ${told.kind}`))
    })
  })
}

async function serveThread(port: MessagePort, plan: Plan): Promise<void> {
  const tell = (told: Told): void => {
    port.postMessage(told)
  }
  try {
    const close = await openWorld(plan, {
      clock: createSystemClock(),
      network: createSocketNetwork(),
    })
    port.once('message', () => void closeAndTell(close, tell))
    tell({ kind: 'open' })
  } catch (failure) {
    tell({ kind: 'failed', words: wordsOf(failure) })
  }
}

async function closeAndTell(close: Close, tell: (told: Told) => void): Promise<void> {
  try {
    await close()
    tell({ kind: 'closed' })
  } catch (failure) {
    tell({ kind: 'failed', words: wordsOf(failure) })
  }
}

function wordsOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure)
}

// This file is also what the thread itself runs.
if (!isMainThread && parentPort) {
  void serveThread(parentPort, (workerData as { readonly plan: Plan }).plan)
}
