import { createHash } from 'node:crypto'
import { type FSWatcher, watch } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** How long nothing more must happen before a change is told, in milliseconds. */
const settleMs = 30
/** How often sources are looked at besides: not every file system tells of changes. In milliseconds. */
const lookMs = 2_000

interface Source {
  readonly signature: string
  readonly hash: string
}

/** What a {@link SourceTree} is told. */
export interface SourceTreeOptions {
  readonly folder: string
  /** Whether a path, from the folder, is none of the sources; folders are not entered then. */
  isIgnored(path: string): boolean
  /** Something may have changed: {@link SourceTree.scan} tells what. */
  onChange(): void
}

/**
 * The sources of a project: which of them have other content than when they were last looked at.
 *
 * Every folder is watched by itself, those that are ignored not at all: `node_modules` has thousands.
 */
export class SourceTree implements Disposable {
  readonly #options: SourceTreeOptions
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #looking: NodeJS.Timeout
  #sources = new Map<string, Source>()
  #told: NodeJS.Timeout | undefined

  constructor(options: SourceTreeOptions) {
    this.#options = options
    this.#looking = setInterval(() => options.onChange(), lookMs).unref()
  }

  /** The paths of sources that were made, removed or got other content since the last scan, sorted. */
  async scan(): Promise<string[]> {
    const folders = new Set<string>()
    const found = new Map<string, Source>()
    await this.#visit('', folders, found)
    for (const [path, watcher] of this.#watchers) {
      if (folders.has(path)) continue
      watcher.close()
      this.#watchers.delete(path)
    }
    const before = this.#sources
    this.#sources = found
    return [...new Set([...before.keys(), ...found.keys()])]
      .filter((path) => before.get(path)?.hash !== found.get(path)?.hash)
      .sort((a, b) => (a < b ? -1 : 1))
  }

  [Symbol.dispose](): void {
    clearInterval(this.#looking)
    clearTimeout(this.#told)
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  async #visit(path: string, folders: Set<string>, found: Map<string, Source>): Promise<void> {
    folders.add(path)
    // Before the folder is read, so that nothing comes in between.
    this.#listen(path)
    const entries = await readdir(join(this.#options.folder, path), { withFileTypes: true }).catch(
      () => [],
    )
    for (const entry of entries) {
      const below = join(path, entry.name)
      if (this.#options.isIgnored(below)) continue
      if (entry.isDirectory()) await this.#visit(below, folders, found)
      else {
        const source = await this.#read(below)
        if (source) found.set(below, source)
      }
    }
  }

  /** Only a file that was touched is read again. */
  async #read(path: string): Promise<Source | undefined> {
    const absolute = join(this.#options.folder, path)
    try {
      const found = await stat(absolute)
      if (!found.isFile()) return undefined
      const signature = `${found.mtimeMs} ${found.ctimeMs} ${found.size} ${found.ino}`
      const before = this.#sources.get(path)
      if (before?.signature === signature) return before
      const hash = createHash('sha256')
        .update(await readFile(absolute))
        .digest('hex')
      return { signature, hash }
    } catch {
      return undefined
    }
  }

  #listen(path: string): void {
    if (this.#watchers.has(path)) return
    try {
      const options = { persistent: false }
      const watcher = watch(join(this.#options.folder, path), options, (_type, name) => {
        if (name !== null && this.#options.isIgnored(join(path, name))) return
        this.#changed()
      })
      watcher.on('error', () => {
        watcher.close()
        this.#watchers.delete(path)
      })
      this.#watchers.set(path, watcher)
    } catch {
      // It is gone, or the system watches no more: looking finds it later.
    }
  }

  #changed(): void {
    clearTimeout(this.#told)
    this.#told = setTimeout(() => this.#options.onChange(), settleMs)
  }
}

/** Folders that hold nothing but what builds write, by the names that are usual. */
const outputFolders: ReadonlySet<string> = new Set(['bin', 'build', 'dist', 'out', 'pkg', 'target'])

/**
 * What of a project is no source: hidden files, what editors keep aside, installed packages, and where
 * the build writes.
 *
 * @param outputs Paths of what the build writes, from the project's folder.
 */
export function ignoring(outputs: readonly string[]): (path: string) => boolean {
  const folders = new Set<string>()
  const files = new Set<string>()
  for (const output of outputs) {
    const parts = join(output).split(/[\\/]/)
    files.add(parts.join('/'))
    const place = parts.slice(0, -1).findIndex((part) => outputFolders.has(part))
    if (place >= 0) folders.add(parts.slice(0, place + 1).join('/'))
  }
  return (path) => {
    const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
    if (/^\.|^#.*#$|~$|\.sw[a-p]$|\.tmp$/.test(name) || name === 'node_modules') return true
    const slashed = path.replaceAll('\\', '/')
    return folders.has(slashed) || files.has(slashed)
  }
}
