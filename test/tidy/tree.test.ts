import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import {
  filesAreNamed,
  filesAreShort,
  foldersAreSmall,
  keysListed,
  lockNamesNoHost,
  pathsAreRelative,
  shapeIsWhole,
  type FolderShape,
} from './tree-rules.ts'
import { filesBelow, foldersIn, read, root, shippedSources } from './tree.ts'

const all = filesBelow('.')
const texts = all.filter((path) => /[.](ts|js|cjs|json|md|bpmn|yml)$|rc$|Dockerfile$/.test(path))

const connector: FolderShape = {
  files: ['README.md', 'config.ts', 'wire.ts', 'client.ts', 'connector.ts'],
  headings: ['## Configuration', '## What an answer means'],
}

function workflowShape(name: string): FolderShape {
  return {
    files: ['README.md', `${name}.bpmn`, `${name}.svg`, 'variables.ts', 'jobs.ts'],
    headings: [`# ${name}`, '## What starts it', '## Steps', '## Waits', '## How it ends'],
  }
}

function shapeOf(folder: string, shape: FolderShape): readonly string[] {
  const files = filesBelow(folder).map((path) => path.slice(folder.length + 1))
  const readme = files.includes('README.md') ? read(`${folder}/README.md`).text : ''
  return shapeIsWhole(shape, files, readme)
}

/** Each config.ts says which variables its schema has: `export const environmentKeys: readonly string[]`. */
async function environmentKeysOf(path: string): Promise<readonly string[]> {
  const config: { environmentKeys?: readonly string[] } = await import(join(root, path))
  return config.environmentKeys ?? [`(${path} exports no environmentKeys)`]
}

describe('the tree', () => {
  it.each(foldersIn('connectors'))('has a whole connector %s', (name) => {
    expect(shapeOf(`connectors/${name}`, connector)).toEqual([])
  })

  it.each(foldersIn('workflows'))('has a whole workflow %s', (name) => {
    expect(shapeOf(`workflows/${name}`, workflowShape(name))).toEqual([])
  })

  it('names files after what they export', () => {
    expect(filesAreNamed(all)).toEqual([])
  })

  it('keeps folders small', () => {
    expect(foldersAreSmall(all)).toEqual([])
  })

  it('keeps files short', () => {
    expect(filesAreShort(shippedSources)).toEqual([])
  })

  it('names no path of one machine', () => {
    const own = /^(test\/tidy\/|[.]ci\/|package-lock)/
    expect(
      texts
        .filter((path) => !own.test(path))
        .map(read)
        .flatMap(pathsAreRelative),
    ).toEqual([])
  })

  it('locks what to install and not where from', () => {
    expect(lockNamesNoHost(read('package-lock.json').text)).toEqual([])
  })

  it('lists in .env.example what config.ts reads from the environment, no more and no less', async () => {
    const configs = ['hub/config.ts', 'sandbox/config.ts'].filter((path) => all.includes(path))
    const keys = await Promise.all(configs.map(environmentKeysOf))
    const listed = configs.length === 0 ? [] : keysListed(read('.env.example').text)
    expect(listed.toSorted()).toEqual([...new Set(keys.flat())].toSorted())
  })

  it('tells a newcomer the two lines', () => {
    const { text } = read('README.md')
    expect(text).toContain('npm ci && npm run demo')
    expect(text).toContain('npm ci && npm test')
  })

  it('builds the programs that it promises', () => {
    const { bin } = JSON.parse(read('package.json').text)
    for (const target of Object.values<string>(bin)) {
      const source = target.replace(/^dist\//, '').replace(/js$/, 'ts')
      expect(existsSync(join(root, source))).toBe(true)
      expect(read(source).text.startsWith('#!/usr/bin/env node\n')).toBe(true)
    }
  })
})

describe('a planted mistake in the tree is found:', () => {
  it('a missing file and a missing heading', () => {
    expect(shapeIsWhole(connector, ['README.md', 'wire.ts'], '# A\n## Configuration\n')).toEqual([
      'lacks config.ts',
      'lacks client.ts',
      'lacks connector.ts',
      'README.md lacks "## What an answer means"',
    ])
  })

  it('a name', () => {
    const paths = ['hub/index.ts', 'hub/fileName.ts', 'hub/store/utils.ts', 'hub/clock.ts']
    expect(filesAreNamed(paths)).toHaveLength(3)
  })

  it('a crowd and a depth', () => {
    const crowd = Array.from({ length: 13 }, (_, index) => `hub/store/file-${index}.ts`)
    expect(foldersAreSmall(crowd)).toEqual(['hub/store holds 13 files'])
    expect(foldersAreSmall(crowd.slice(1))).toEqual([])
    expect(foldersAreSmall(['hub/a/b/c/d.ts'])).toEqual(['hub/a/b/c is too deep'])
  })

  it('a long file', () => {
    expect(filesAreShort([{ path: 'hub/a.ts', text: '\n'.repeat(301) }])).toHaveLength(1)
    expect(filesAreShort([{ path: 'hub/a.ts', text: '\n'.repeat(300) }])).toEqual([])
  })

  it('a host in the lock file', () => {
    expect(lockNamesNoHost('"resolved": "https://registry.example/a.tgz"')).toHaveLength(1)
  })

  it('a variable that is listed, with or without a value', () => {
    expect(keysListed('# The port.\nKIVUKO_PORT=4000\n# KIVUKO_KEYS=\n')).toEqual([
      'KIVUKO_PORT',
      'KIVUKO_KEYS',
    ])
  })

  it('a path of one machine', () => {
    const text = 'see /home/me/notes\nsee ./work/notes and https://a.example/work/notes'
    expect(pathsAreRelative({ path: 'a.md', text })).toEqual(['a.md:1 names /home/me'])
  })
})
