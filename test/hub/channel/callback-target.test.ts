import { describe, expect, it } from '@jest/globals'
import { isCallbackTarget } from '../../../hub/channel/callback-target.ts'

const callbackOrigins = ['https://client.example', 'http://client.example:8080', 'http://10.0.0.5']

describe('where a client may be called back', () => {
  it.each([
    'https://client.example',
    'https://client.example/done?id=1',
    'https://CLIENT.example:443/done',
    'http://client.example:8080/done',
  ])('%s is of an allowed origin', (url) => {
    expect(isCallbackTarget(url, { callbackOrigins, lab: false })).toBe(true)
  })

  it.each([
    '',
    '/done',
    'client.example/done',
    'http://client.example/done',
    'https://client.example:8443/done',
    'https://client.example.evil.example/done',
    'https://client.example@evil.example/done',
    'https://user:secret@client.example/done',
    'https://client.example/done#part',
    'ftp://client.example/done',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'http://10.0.0.5/done',
  ])('%s is not', (url) => {
    expect(isCallbackTarget(url, { callbackOrigins, lab: true })).toBe(false)
  })

  it.each([
    'http://127.0.0.1:9999/done',
    'http://127.9.9.9/',
    'http://localhost:9999/done',
    'http://[::1]:9999/',
    'http://2130706433/',
    'http://0x7f.1/',
  ])("%s is this machine: the lab's alone", (url) => {
    expect(isCallbackTarget(url, { callbackOrigins, lab: true })).toBe(true)
    expect(isCallbackTarget(url, { callbackOrigins, lab: false })).toBe(false)
  })

  it.each([
    'http://0.0.0.0',
    'http://10.1.2.3',
    'http://100.64.0.1',
    'http://169.254.169.254',
    'http://172.16.0.1',
    'http://172.31.255.255',
    'http://192.168.1.1',
    'http://224.0.0.1',
    'http://255.255.255.255',
    'http://[::]',
    'http://[fd00::1]',
    'http://[fe80::1]',
    'http://[::ffff:a00:1]',
  ])('%s is private, even for one who allows its origin', (origin) => {
    const allowing = { callbackOrigins: [new URL(origin).origin], lab: true }
    expect(isCallbackTarget(`${origin}/done`, allowing)).toBe(false)
  })

  it.each(['http://8.8.8.8', 'http://172.32.0.1', 'http://[2001:db9::1]'])(
    '%s is not private',
    (origin) => {
      expect(isCallbackTarget(origin, { callbackOrigins: [origin], lab: false })).toBe(true)
    },
  )
})
