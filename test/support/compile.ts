import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { transformSync } from '@swc/core'

const root = join(import.meta.dirname, '../..')

/** Writes the program as JavaScript into a folder, so that a test can start it as a process of its own and kill it. */
export function compileInto(folder: string, part: string): void {
  for (const file of readdirSync(join(root, part), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue
    const source = readFileSync(join(root, part, file), 'utf8')
    const { code } = transformSync(source, {
      swcrc: false,
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript' },
        experimental: { keepImportAssertions: true },
      },
      module: { type: 'es6' },
    })
    const target = join(folder, part, file.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, code.replace(/ from '(\.[^']*)\.ts'/g, " from '$1.js'"))
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const modules = join(folder, 'node_modules')
  if (!existsSync(modules)) symlinkSync(join(root, 'node_modules'), modules)
}

/** Writes the whole lab so: every part that it is made of, and what lies beside the sources (diagrams, seeds, demo). */
export function compileLabInto(folder: string): void {
  for (const part of ['hub', 'connectors', 'workflows', 'sandbox']) compileInto(folder, part)
  for (const part of ['workflows', 'sandbox']) {
    const filter = (path: string): boolean => !/[.](ts|md|svg)$/.test(path)
    cpSync(join(root, part), join(folder, part), { recursive: true, filter })
  }
  // Servers that were fetched once are fetched for all.
  const tools = join(root, '.tools')
  mkdirSync(tools, { recursive: true })
  symlinkSync(tools, join(folder, '.tools'))
}
