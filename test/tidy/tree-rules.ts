import type { TextFile } from './tree.ts'

const filesMax = 12
const depthMax = 3
const linesMax = 300
const kebabFile = /^[a-z0-9]+(-[a-z0-9]+)*([.][a-z]+)+$/
const codeFolders = /^(hub|connectors|workflows|sandbox)\//
const freeFolders = /^(test|sandbox\/seed|sandbox\/demo)\//

/** The files that every folder of a kind has, and the headings of its README. */
export type FolderShape = {
  readonly files: readonly string[]
  readonly headings: readonly string[]
}

/** Complains about each file or heading that a folder lacks. */
export function shapeIsWhole(
  shape: FolderShape,
  files: readonly string[],
  readme: string,
): readonly string[] {
  const headings = readme.split('\n').filter((line) => line.startsWith('#'))
  return [
    ...shape.files.filter((name) => !files.includes(name)).map((name) => `lacks ${name}`),
    ...shape.headings
      .filter((heading) => !headings.includes(heading))
      .map((heading) => `README.md lacks "${heading}"`),
  ]
}

/** Code files are called in kebab-case after what they export, and `index.ts` after nothing. */
export function filesAreNamed(paths: readonly string[]): readonly string[] {
  return paths
    .filter((path) => codeFolders.test(path) && !path.endsWith('README.md'))
    .filter(
      (path) => !kebabFile.test(baseOf(path)) || /(^|\/)(index|utils?|helpers?)[.]ts$/.test(path),
    )
    .map((path) => `${path} is not named after what it exports`)
}

/** A folder is seen at a glance: at most twelve files, at most three folders deep. */
export function foldersAreSmall(paths: readonly string[]): readonly string[] {
  const counted = paths.filter((path) => codeFolders.test(path) && !freeFolders.test(path))
  const counts = new Map<string, number>()
  for (const path of counted) counts.set(folderOf(path), (counts.get(folderOf(path)) ?? 0) + 1)
  return [
    ...[...counts]
      .filter(([, count]) => count > filesMax)
      .map(([folder, count]) => `${folder} holds ${count} files`),
    ...[...counts.keys()]
      .filter((folder) => folder.split('/').length > depthMax)
      .map((folder) => `${folder} is too deep`),
  ]
}

/** A file is read in one sitting. Tests are lists and may be longer. */
export function filesAreShort(files: readonly TextFile[]): readonly string[] {
  return files
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > linesMax)
    .map(({ path, lines }) => `${path} has ${lines} lines`)
}

/** The lock file says what to install, never where from: that is the reader's own setting. */
export function lockNamesNoHost(lock: string): readonly string[] {
  return lock.split('\n').filter((line) => /"resolved":\s*"(https?|git|ssh)/.test(line))
}

/** No file names a path that exists on one machine only. */
export function pathsAreRelative({ path, text }: TextFile): readonly string[] {
  return text.split('\n').flatMap((line, index) => {
    const [found] = /(?<![\w.}])\/(home|work|Users|root|tmp)\/[\w.-]+/.exec(line) ?? []
    return found === undefined ? [] : [`${path}:${index + 1} names ${found}`]
  })
}

/** The variables of an .env file; one that is commented out counts, for it is documented all the same. */
export function keysListed(env: string): readonly string[] {
  return [...env.matchAll(/^(?:# ?)?([A-Z][A-Z0-9_]*)=/gm)].map(([, key]) => key ?? '')
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
