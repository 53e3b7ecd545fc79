import http, { type IncomingMessage } from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import express from 'express'
import { createSystemClock } from '../../hub/clock.ts'
import { NoResponse, NotSent } from '../../hub/http.ts'
import type { HttpRequest, HttpResponse, Listening, Route } from '../../hub/http.ts'
import { createFastServer, createSocketNetwork } from '../../hub/http-server.ts'

const clock = createSystemClock()
const logged: object[] = []
const log = {
  info: () => undefined,
  warn: () => undefined,
  error: (fields: object) => logged.push(fields),
}
const network = createSocketNetwork({ clock, log })
const bodyBytesMax = 20_000

const text = (answer: { readonly bytes: Uint8Array }) => Buffer.from(answer.bytes).toString()
const reply = (status: number, body = '', headers = {}): HttpResponse => {
  return { status, headers, bytes: Buffer.from(body) }
}

/** Sends raw bytes and gives back all that comes until the server closes. */
async function exchangeRaw(port: number, bytes: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  let received = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk))
  socket.on('error', () => undefined)
  socket.write(bytes)
  await once(socket, 'close')
  return received
}

describe('listening', () => {
  let route: Route
  let requests: HttpRequest[]
  let hub: Listening
  beforeEach(async () => {
    requests = []
    logged.length = 0
    route = async () => reply(200, 'ok', { 'content-type': 'text/plain' })
    const counted: Route = (request) => {
      requests.push(request)
      return route(request)
    }
    hub = await network.listen(counted, { host: '127.0.0.1', port: 0, bodyBytesMax })
  })
  afterEach(() => hub.close())

  const send = (request: Partial<Parameters<typeof network.send>[0]> & { path?: string }) => {
    const { path = '/', ...rest } = request
    return network.send({
      method: 'GET',
      url: hub.url + path,
      headers: {},
      timeoutMs: 5000,
      ...rest,
    })
  }

  it('gives the route the request as it came, byte for byte', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    const answer = await send({
      method: 'PUT',
      path: '/a%20b/c?x=%31&y',
      headers: { 'X-A': 'b' },
      bytes,
    })
    expect([answer.status, text(answer), answer.headers['content-type']]).toEqual([
      200,
      'ok',
      'text/plain',
    ])
    const [request] = requests
    expect(request).toMatchObject({
      method: 'PUT',
      path: '/a%20b/c?x=%31&y',
      headers: { 'x-a': 'b' },
    })
    expect(Buffer.from(request!.bytes).equals(bytes)).toBe(true)
  })

  it('says nothing about express, and joins a repeated header', async () => {
    const raw =
      'GET / HTTP/1.1\r\nHost: x\r\nDate: a\r\nDate: b\r\nAuthorization: c\r\nAuthorization: d\r\nConnection: close\r\n\r\n'
    const received = await exchangeRaw(hub.port, raw)
    expect(received).toMatch(/^HTTP\/1.1 200 OK\r\n/)
    expect(received).not.toMatch(/express|etag/i)
    expect(requests[0]?.headers).toMatchObject({ date: 'a, b', authorization: 'c, d' })
  })

  it('takes a body as large as allowed and refuses a larger one with 413, announced or not', async () => {
    route = async (request) => reply(200, String(request.bytes.length))
    const whole = await send({ method: 'POST', bytes: new Uint8Array(bodyBytesMax) })
    expect([whole.status, text(whole)]).toEqual([200, String(bodyBytesMax)])
    const announced = await send({ method: 'POST', bytes: new Uint8Array(bodyBytesMax + 1) })
    expect(announced.status).toBe(413)
    const chunk = 'x'.repeat(10_001)
    const chunks = [chunk, chunk].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`)
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
    const received = await exchangeRaw(hub.port, `${head}${chunks.join('')}`)
    expect(received).toMatch(/^HTTP\/1.1 413 /)
    expect(received).toContain('application/problem+json')
    expect(requests).toHaveLength(1)
  })

  it('answers 500 without details when the route throws, and writes the error down without the path', async () => {
    route = async () => {
      throw new Error('secret detail')
    }
    const answer = await send({ path: '/parties/MSISDN/254710000001' })
    expect(answer.status).toBe(500)
    expect(text(answer)).not.toContain('secret')
    expect(logged).toHaveLength(1)
    expect(JSON.stringify(logged)).not.toContain('2547')
    expect((await send({})).status).toBe(500)
  })

  it('answers 500 when the route gives a header that cannot be sent', async () => {
    route = async () => reply(200, 'x', { 'x-bad': 'a\nb' })
    expect((await send({})).status).toBe(500)
  })

  it('refuses a header block of more than 16 KB with 431', async () => {
    const answer = await send({ headers: { 'x-long': 'x'.repeat(17_000) } })
    expect(answer.status).toBe(431)
    expect(requests).toHaveLength(0)
  })

  it('refuses a request target that is not a path', async () => {
    const received = await exchangeRaw(
      hub.port,
      'GET http://evil/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    )
    expect(received).toMatch(/^HTTP\/1.1 400 /)
    expect(requests).toHaveLength(0)
  })

  it('never calls the route for a client that went away in the middle of its body', async () => {
    const socket = net.connect(hub.port, '127.0.0.1')
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf')
    await send({})
    socket.destroy()
    await once(socket, 'close')
    await send({})
    expect(requests.map((request) => request.method)).toEqual(['GET', 'GET'])
  })

  it('survives a client that does not wait for its answer', async () => {
    let answer = (_: HttpResponse): void => undefined
    route = () => new Promise((resolve) => (answer = resolve))
    const socket = net.connect(hub.port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    while (requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
    socket.destroy()
    await once(socket, 'close')
    answer(reply(200, 'too late'))
    route = async () => reply(204)
    const next = await send({})
    expect([next.status, text(next)]).toEqual([204, ''])
  })

  it('keeps the connection between calls, also after a body', async () => {
    const ports = new Set<number | undefined>()
    const server = http.createServer((request, response) => {
      ports.add(request.socket.remotePort)
      request.resume().on('end', () => response.end('x'))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (let call = 0; call < 5; call++) {
      await send({ url, method: 'POST', bytes: new Uint8Array(12_000) })
    }
    expect(ports.size).toBe(1)
    server.close()
    server.closeAllConnections()
  })

  it('says in one sentence that a port is taken', async () => {
    const second = network.listen(route, { host: '127.0.0.1', port: hub.port, bodyBytesMax })
    await expect(second).rejects.toThrow(
      `port ${hub.port} of 127.0.0.1 is in use by another program`,
    )
  })

  it('lets a running request finish when it closes, and takes no new ones', async () => {
    let answer = (_: HttpResponse): void => undefined
    route = () => new Promise((resolve) => (answer = resolve))
    const running = send({ path: '/slow' })
    while (requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const closed = hub.close()
    await expect(send({})).rejects.toThrow(NotSent)
    answer(reply(200, 'done'))
    expect(text(await running)).toBe('done')
    await closed
    await expect(send({})).rejects.toThrow(NotSent)
  })
})

describe('the fast server', () => {
  it('makes requests and responses with the prototypes of express, so that express leaves them alone', async () => {
    const app = express()
    const server = createFastServer(app)
    const seen: unknown[] = []
    server.prependListener('request', (request: IncomingMessage, response: http.ServerResponse) => {
      seen.push(Object.getPrototypeOf(request), Object.getPrototypeOf(response))
    })
    app.get('/hello/:name', (request, response) => {
      seen.push(Object.getPrototypeOf(request), Object.getPrototypeOf(response))
      response
        .status(201)
        .json({ name: request.params['name'], query: request.query['q'], app: request.app === app })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hello/x?q=1`
    const answer = await network.send({ method: 'GET', url, headers: {}, timeoutMs: 5000 })
    expect(seen).toHaveLength(4)
    expect([seen[0] === app.request, seen[1] === app.response]).toEqual([true, true])
    expect([seen[2] === app.request, seen[3] === app.response]).toEqual([true, true])
    expect(JSON.parse(text(answer))).toEqual({ name: 'x', query: '1', app: true })
    server.close()
    server.closeAllConnections()
  })
})

describe('calling', () => {
  let peer: net.Server
  let url: string
  let onData: (socket: Socket, bytes: string) => void
  const sockets = new Set<Socket>()
  beforeEach(async () => {
    peer = net.createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => onData(socket, chunk.toString('latin1')))
    })
    await once(peer.listen(0, '127.0.0.1'), 'listening')
    url = `http://127.0.0.1:${(peer.address() as AddressInfo).port}`
  })
  afterEach(() => {
    peer.close()
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  })
  const call = (fields: Partial<Parameters<typeof network.send>[0]> = {}) =>
    network.send({ method: 'GET', url, headers: {}, timeoutMs: 5000, ...fields })

  it('sends no header that was not asked for but what HTTP needs, and the body as it is', async () => {
    let received = ''
    onData = (socket, bytes) => {
      received += bytes
      if (received.includes('{"a":1}')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    }
    const headers = {
      'content-type': 'application/vnd.interoperability.transfers+json;version=1.1',
      date: 'x',
    }
    await call({ method: 'POST', url: `${url}/a?b=c%20d`, headers, bytes: Buffer.from('{"a":1}') })
    const [head = '', body] = received.split('\r\n\r\n')
    const [first, ...lines] = head.split('\r\n')
    expect(first).toBe('POST /a?b=c%20d HTTP/1.1')
    const names = lines.map((line) => line.split(':')[0]!.toLowerCase())
    expect(names.sort()).toEqual([
      'connection',
      'content-length',
      'content-type',
      'date',
      'host',
      'user-agent',
    ])
    expect(body).toBe('{"a":1}')
  })

  it('gives every status as a response and follows no redirect', async () => {
    onData = (socket, bytes) => {
      const status = bytes.includes('/302') ? '302 Found\r\nLocation: /500' : '500 Oops'
      socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\nX-A: 1\r\nX-A: 2\r\n\r\nno`)
    }
    const found = await call({ url: `${url}/302` })
    expect([found.status, found.headers['location'], text(found)]).toEqual([302, '/500', 'no'])
    const oops = await call({ url: `${url}/500` })
    expect([oops.status, oops.headers['x-a']]).toEqual([500, '1, 2'])
  })

  it('leaves a compressed answer as it came', async () => {
    onData = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc')
    }
    expect(text(await call())).toBe('abc')
  })

  it('carries bodies of more than 10 KB both ways', async () => {
    const body = 'y'.repeat(60_000)
    let received = 0
    onData = (socket, bytes) => {
      received += bytes.replace(/^POST[^]*\r\n\r\n/, '').length
      if (received >= 50_000)
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n${body}`)
    }
    const answer = await call({ method: 'POST', bytes: new Uint8Array(50_000) })
    expect(text(answer)).toBe(body)
  })

  it('throws NotSent when nobody listens and when the name does not exist', async () => {
    const closed = net.createServer()
    await once(closed.listen(0, '127.0.0.1'), 'listening')
    const { port } = closed.address() as AddressInfo
    closed.close()
    await expect(call({ url: `http://127.0.0.1:${port}` })).rejects.toThrow(NotSent)
    await expect(call({ url: 'http://no-such-host.invalid/' })).rejects.toThrow(NotSent)
  })

  it('throws NotSent for what cannot be sent at all', async () => {
    await expect(call({ headers: { 'no name': 'a' } })).rejects.toThrow(NotSent)
    await expect(call({ url: 'no url' })).rejects.toThrow(NotSent)
    await expect(call({ url: 'ftp://127.0.0.1/' })).rejects.toThrow(NotSent)
  })

  it('throws NoResponse when the peer resets before, or in the middle of, its answer', async () => {
    onData = (socket) => socket.resetAndDestroy()
    await expect(call({ method: 'POST', bytes: Buffer.from('x') })).rejects.toThrow(NoResponse)
    onData = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () =>
        socket.resetAndDestroy(),
      )
    }
    await expect(call()).rejects.toThrow(NoResponse)
  })

  it('throws NoResponse when the peer closes early or talks nonsense', async () => {
    onData = (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
    await expect(call()).rejects.toThrow(NoResponse)
    onData = (socket) => socket.end('good morning')
    await expect(call()).rejects.toThrow(NoResponse)
  })

  it('throws NoResponse when the answer takes too long, also when it drips', async () => {
    onData = () => undefined
    await expect(call({ timeoutMs: 30 })).rejects.toThrow(NoResponse)
    onData = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n')
      const drip = (): void => {
        if (socket.destroyed) return
        socket.write('x')
        clock.after(5, drip)
      }
      drip()
    }
    await expect(call({ timeoutMs: 60 })).rejects.toThrow(/no answer within 60 ms/)
  })

  it('throws NotSent when the time ends before the connection stands', async () => {
    // A listener whose queue is full answers no SYN; the address is one that is routed nowhere.
    const unroutable = call({ url: 'http://192.0.2.1:9/', timeoutMs: 50 })
    await expect(unroutable).rejects.toThrow(NotSent)
  })

  it('throws NotSent when the time ends in the queue for a connection', async () => {
    onData = () => undefined
    const busy = Array.from({ length: 64 }, () => call({ timeoutMs: 300 }).catch(() => 'late'))
    await expect(call({ timeoutMs: 50 })).rejects.toThrow(NotSent)
    await Promise.all(busy)
  })
})
