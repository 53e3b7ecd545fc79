import { describe, expect, it } from '@jest/globals'
import { createFaults, silenceMsMax, type Faults } from '../../sandbox/faults.ts'
import type { HttpResponse } from '../../sandbox/http.ts'
import { createFakeClock } from '../support/fake-clock.ts'

const clock = createFakeClock()

function someFaults(): Faults {
  return createFaults(
    { operations: ['price', 'commit'], kinds: ['delay', 'silence', 'error', 'commit-then-hang'] },
    { clock },
  )
}

function put(faults: Faults, body: unknown): HttpResponse {
  const bytes = Buffer.from(JSON.stringify(body))
  return faults.route({ method: 'PUT', path: '/lab/faults', headers: {}, bytes })
}

function read(response: HttpResponse): unknown {
  return JSON.parse(Buffer.from(response.bytes).toString())
}

const done: HttpResponse = { status: 200, headers: {}, bytes: new Uint8Array() }

describe('faults', () => {
  it('count their times down and end', () => {
    const faults = someFaults()
    expect(put(faults, { on: 'price', do: 'error', times: 2 }).status).toBe(200)
    expect(faults.take('commit')).toBeUndefined()
    expect(faults.take('price')?.do).toBe('error')
    expect(faults.take('price')?.do).toBe('error')
    expect(faults.take('price')).toBeUndefined()
  })

  it('last until cleared when no times are given', () => {
    const faults = someFaults()
    put(faults, { on: 'price', do: 'error' })
    for (let i = 0; i < 5; i += 1) expect(faults.take('price')).toBeDefined()
    faults.clear()
    expect(faults.take('price')).toBeUndefined()
  })

  it('list what is active, which operations exist and which kinds they know', () => {
    const faults = someFaults()
    expect(read(put(faults, { on: 'price', do: 'delay', ms: 5 }))).toEqual({
      faults: [{ on: 'price', do: 'delay', ms: 5 }],
      operations: ['price', 'commit'],
      kinds: ['delay', 'silence', 'error', 'commit-then-hang'],
    })
  })

  it.each([
    [{ on: 'nap', do: 'error' }, 'on: must be one of price, commit'],
    [{ on: 'price', do: 'unsigned' }, 'do: must be one of delay, silence'],
    [{ on: 'price', do: 'error', times: 0 }, 'times: '],
    [{ on: 'price', do: 'delay', ms: 999_999 }, 'ms: '],
    [{ on: 'price', do: 'error', extra: 1 }, 'extra'],
    ['words', 'expected object'],
  ])('refuse %j with a sentence', (body, sentence) => {
    const response = put(someFaults(), body)
    expect(response.status).toBe(400)
    expect(JSON.stringify(read(response))).toContain(sentence)
  })

  it('answer an error with its status, and go on without a fault', async () => {
    const faults = someFaults()
    put(faults, { on: 'price', do: 'error', times: 1, status: 503 })
    expect((await faults.atEntry('price'))?.status).toBe(503)
    expect(await faults.atEntry('price')).toBeUndefined()
  })

  it('delay by the clock', async () => {
    const faults = someFaults()
    put(faults, { on: 'price', do: 'delay', times: 1, ms: 400 })
    let answered = false
    const entry = faults.atEntry('price').then(() => (answered = true))
    await clock.advance(399)
    expect(answered).toBe(false)
    await clock.advance(1)
    await entry
    expect(answered).toBe(true)
  })

  it('never answer a silence, and hang up in the end', async () => {
    const faults = someFaults()
    put(faults, { on: 'price', do: 'silence', times: 1 })
    const entry = faults.atEntry('price')
    await clock.advance(silenceMsMax)
    expect((await entry)?.status).toBe(0)
  })

  it('hang after the operation was done, until they are cleared', async () => {
    const faults = someFaults()
    put(faults, { on: 'commit', do: 'commit-then-hang', times: 1 })
    expect(await faults.atEntry('commit')).toBeUndefined()
    const exit = faults.atExit('commit', done)
    faults.clear()
    expect((await exit).status).toBe(0)
    expect(await faults.atExit('commit', done)).toBe(done)
  })
})
