import { describe, expect, it } from '@jest/globals'
import { createSystemClock } from '../../hub/clock.ts'
import { NotSent } from '../../hub/http.ts'
import { isWithinReach } from '../../hub/http-reach.ts'
import { createSocketNetwork } from '../../hub/http-server.ts'

const log = { info: () => undefined, warn: () => undefined, error: () => undefined }

describe('the reach of a request', () => {
  it.each(['8.8.8.8', '172.32.0.1', '100.63.255.255', '2606:4700::1111'])(
    'lets %s be called',
    (address) => {
      expect(isWithinReach(address, 'public')).toBe(true)
    },
  )

  it.each([
    ...[
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '127.0.0.1',
      '127.9.9.9',
      '169.254.169.254',
      '172.16.0.1',
    ],
    ...[
      '192.168.1.1',
      '198.19.0.1',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      'fe80::1',
      'fc00::1',
    ],
    ...[
      'ff02::1',
      '::ffff:10.0.0.1',
      '::ffff:8.8.8.8',
      '64:ff9b::a00:1',
      '2001:db8::1',
      '2002:a00:1::',
    ],
  ])('keeps %s from being called', (address) => {
    expect(isWithinReach(address, 'public')).toBe(false)
  })

  it('can take in this machine, and no other private address', () => {
    const allowed = ['127.0.0.1', '::1', '::ffff:127.0.0.1', '8.8.8.8']
    expect(allowed.filter((address) => isWithinReach(address, 'public-or-loopback'))).toEqual(
      allowed,
    )
    const others = ['10.0.0.1', '169.254.169.254', 'fe80::1', '::ffff:10.0.0.1']
    expect(others.filter((address) => isWithinReach(address, 'public-or-loopback'))).toEqual([])
  })

  it('holds for addresses in URLs, however written, and for what names resolve to', async () => {
    const network = createSocketNetwork({ clock: createSystemClock(), log })
    const hub = await network.listen(
      async () => ({ status: 204, headers: {}, bytes: new Uint8Array() }),
      {
        host: '127.0.0.1',
        port: 0,
        bodyBytesMax: 10,
      },
    )
    const call = (host: string, reach?: 'public' | 'public-or-loopback') =>
      network.send({
        method: 'GET',
        url: `http://${host}:${hub.port}/`,
        headers: {},
        timeoutMs: 2000,
        ...(reach ? { reach } : {}),
      })
    for (const host of ['127.0.0.1', '0x7f.1', '2130706433', 'localhost', '[::ffff:7f00:1]']) {
      await expect(call(host, 'public')).rejects.toThrow(NotSent)
    }
    await expect(call('localhost', 'public')).rejects.toThrow(/may be called/)
    expect((await call('127.0.0.1', 'public-or-loopback')).status).toBe(204)
    expect((await call('localhost', 'public-or-loopback')).status).toBe(204)
    expect((await call('127.0.0.1')).status).toBe(204)
    await expect(call('127.0.0.1', 'public')).rejects.toThrow(NotSent)
    await hub.close()
  })
})
