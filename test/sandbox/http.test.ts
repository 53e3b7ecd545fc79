import { afterEach, describe, expect, it } from '@jest/globals'
import { createSocketNetwork, NoResponse, NotSent } from '../../sandbox/http.ts'
import type { HttpResponse, Listening, Route } from '../../sandbox/http.ts'

const network = createSocketNetwork()
const open: Listening[] = []

async function serve(route: Route): Promise<Listening> {
  const listening = await network.listen(route, { host: '127.0.0.1', port: 0, bodyBytesMax: 1_000 })
  open.push(listening)
  return listening
}

function text(status: number, words: string): HttpResponse {
  return { status, headers: { 'content-type': 'text/plain' }, bytes: Buffer.from(words) }
}

function get(url: string, timeoutMs = 2_000): Promise<HttpResponse> {
  return network.send({ method: 'GET', url, headers: {}, timeoutMs })
}

afterEach(async () => {
  for (const listening of open.splice(0)) await listening.close()
})

describe('sockets', () => {
  it('carry method, path with query, headers in lower case and the body, byte for byte', async () => {
    const { url } = await serve((request) =>
      Promise.resolve({ ...text(201, ''), headers: request.headers, bytes: request.bytes }),
    )
    const answer = await network.send({
      method: 'POST',
      url: `${url}/a/b%20c?x=1`,
      headers: { 'FSPIOP-Source': 'heron' },
      bytes: Buffer.from([0, 255, 10]),
      timeoutMs: 2_000,
    })
    expect(answer.status).toBe(201)
    expect(answer.headers['fspiop-source']).toBe('heron')
    expect([...answer.bytes]).toEqual([0, 255, 10])
  })

  it('do not follow a redirect', async () => {
    const { url } = await serve(() =>
      Promise.resolve({ ...text(302, ''), headers: { location: 'http://127.0.0.1:1/' } }),
    )
    expect((await get(url)).status).toBe(302)
  })

  it('answer 413 to a body over the limit and stay up', async () => {
    const { url } = await serve(() => Promise.resolve(text(200, 'fine')))
    const bytes = new Uint8Array(5_000)
    const answer = await network.send({ method: 'PUT', url, headers: {}, bytes, timeoutMs: 2_000 })
    expect(answer.status).toBe(413)
    expect((await get(url)).status).toBe(200)
  })

  it('answer 500 without details when a route throws', async () => {
    const { url } = await serve(() => Promise.reject(new Error('a secret')))
    const answer = await get(url)
    expect(answer.status).toBe(500)
    expect(Buffer.from(answer.bytes).toString()).not.toContain('secret')
  })

  it('tell a request that never left from one that may have arrived', async () => {
    const { url, close } = await serve(() => Promise.resolve({ ...text(0, ''), status: 0 }))
    await expect(get(url)).rejects.toThrow(NoResponse)
    await expect(get(url)).rejects.toThrow('socket hang up')
    await close()
    await expect(get(url)).rejects.toThrow(NotSent)
  })

  it('give up on an answer that takes too long', async () => {
    const { url } = await serve(() => new Promise(() => undefined))
    await expect(get(url, 50)).rejects.toThrow('no answer within 50 ms')
  })

  it('say in one sentence that a port is in use', async () => {
    const { port } = await serve(() => Promise.resolve(text(200, '')))
    const again = network.listen(() => Promise.resolve(text(200, '')), {
      host: '127.0.0.1',
      port,
      bodyBytesMax: 1,
    })
    await expect(again).rejects.toThrow(`port ${String(port)} is in use on 127.0.0.1`)
  })

  it('close at once although a client keeps its connection alive', async () => {
    const { url, close } = await serve(() => Promise.resolve(text(200, '')))
    await get(url)
    await close()
    await expect(get(url)).rejects.toThrow(url)
  })
})
