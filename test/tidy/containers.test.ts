import { describe, expect, it } from '@jest/globals'
import {
  imagesArePinned,
  needsNoSyntaxImage,
  noSecretIsWritten,
  portsStayHere,
} from './containers-rules.ts'
import { read } from './tree.ts'

describe.each(['Dockerfile', 'docker-compose.yml'])('%s', (path) => {
  const { text } = read(path)

  it('pins every image', () => {
    expect(text).toMatch(/^\s*(FROM|image:)/m)
    expect(imagesArePinned(text)).toEqual([])
  })

  it('holds no secret', () => {
    expect(noSecretIsWritten(text)).toEqual([])
  })

  it('is built without an image for its syntax', () => {
    expect(needsNoSyntaxImage(text)).toEqual([])
  })
})

describe('docker-compose.yml', () => {
  const { text } = read('docker-compose.yml')

  it('publishes ports on this machine only', () => {
    expect(text.match(/ports:/g)).toHaveLength(6)
    expect(portsStayHere(text)).toEqual([])
  })

  it('lets no container write its own file system or gain rights', () => {
    const [guarded] = /^x-guarded:[\s\S]*?\n\n/m.exec(text) ?? []
    expect(guarded).toContain('read_only: true')
    expect(guarded).toContain('cap_drop: [ALL]')
    expect(guarded).toContain('no-new-privileges:true')
    // Each service is one of these, and all of these are guarded.
    const services = [...text.matchAll(/^ {2}[a-z-]+:\n {4}<<: \*(\w+)/gm)].map(([, kind]) => kind)
    expect(new Set(services)).toEqual(new Set(['setup', 'bank', 'kivuko', 'role', 'guarded']))
    const [, listed = ''] = /^services:\n([\s\S]*?)\n^networks:/m.exec(text) ?? []
    expect(listed.match(/^ {2}[a-z-]+:$/gm)).toHaveLength(services.length)
  })
})

describe('a planted mistake in a container file is found:', () => {
  it('an image without a version', () => {
    const text = 'FROM node\nFROM node:latest\n  image: postgres:alpine\n  image: kivuko:0.1.0'
    expect(imagesArePinned(text)).toEqual(['node', 'node:latest', 'postgres:alpine'])
  })

  it('a secret', () => {
    const lines = [
      'POSTGRES_PASSWORD: hunter2',
      'KIVUKO_POSTGRES_URL: postgres://me:hunter2@db/kivuko',
      'API_KEY=kvk_1',
    ]
    expect(noSecretIsWritten(lines.join('\n'))).toEqual(lines)
    expect(noSecretIsWritten('POSTGRES_PASSWORD_FILE: /setup/database/password')).toEqual([])
  })

  it('a port that is open to others', () => {
    expect(portsStayHere("ports: ['4000:4000', '127.0.0.1:1:1']")).toEqual(['4000:4000'])
  })

  it('a syntax image', () => {
    expect(needsNoSyntaxImage('# syntax=docker/dockerfile:1\nFROM a')).toHaveLength(1)
  })
})
