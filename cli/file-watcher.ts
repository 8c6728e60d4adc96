import { type FSWatcher, type Stats, statSync, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

/** How long nothing more must happen before a change is told, in milliseconds. */
const settleMs = 50
/** How long a change is held back at most, in milliseconds. */
const longestMs = 500
/** How often files are looked at besides: not every file system tells of changes. In milliseconds. */
const lookMs = 1_000

interface WatchedFolder {
  names: Set<string>
  watcher: FSWatcher | undefined
  /** Tells a folder from one that was made in its place. */
  inode: number | undefined
}

/**
 * Tells when any of some files may have changed: written, replaced by another as editors do, made or
 * removed. Several changes at a time are told once. Whether the content differs is for the listener
 * to find out.
 */
export class FileWatcher implements Disposable {
  readonly #onChange: () => void
  readonly #folders = new Map<string, WatchedFolder>()
  readonly #seen = new Map<string, string>()
  readonly #looking: NodeJS.Timeout
  #told: NodeJS.Timeout | undefined
  #since = 0

  constructor(onChange: () => void) {
    this.#onChange = onChange
    this.#looking = setInterval(() => void this.#look(), lookMs).unref()
  }

  /** Watches these files from now on, whether or not they are there, and no others. */
  watch(paths: Iterable<string>): void {
    const wanted = new Map<string, Set<string>>()
    for (const path of paths) {
      const folder = dirname(resolve(path))
      const name = basename(path)
      wanted.set(folder, (wanted.get(folder) ?? new Set()).add(name))
      const key = join(folder, name)
      if (!this.#seen.has(key)) {
        this.#seen.set(key, signature(statSync(key, { throwIfNoEntry: false })))
      }
    }
    for (const [folder, { watcher }] of this.#folders) {
      if (wanted.has(folder)) continue
      watcher?.close()
      this.#folders.delete(folder)
    }
    for (const [folder, names] of wanted) {
      const known = this.#folders.get(folder)
      if (known) known.names = names
      else this.#folders.set(folder, { names, watcher: undefined, inode: undefined })
      this.#listen(folder)
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#looking)
    clearTimeout(this.#told)
    for (const { watcher } of this.#folders.values()) watcher?.close()
    this.#folders.clear()
  }

  /** The folder is watched rather than the file: a file that replaces another is not the same one. */
  #listen(folder: string): void {
    const entry = this.#folders.get(folder)
    if (!entry || entry.watcher) return
    try {
      const watcher = watch(folder, { persistent: false }, (_type, name) => {
        if (name === null || entry.names.has(name)) this.#changed()
      })
      const forget = (): void => {
        watcher.close()
        entry.watcher = undefined
      }
      watcher.on('error', forget)
      entry.watcher = watcher
    } catch {
      // The folder is not there yet, or the system watches no more: looking finds it later.
    }
  }

  async #look(): Promise<void> {
    let isChanged = false
    for (const [folder, entry] of this.#folders) {
      const inode = (await maybeStat(folder))?.ino
      if (entry.inode !== undefined && entry.inode !== inode) {
        entry.watcher?.close()
        entry.watcher = undefined
      }
      entry.inode = inode
      for (const name of entry.names) {
        const path = join(folder, name)
        const now = signature(await maybeStat(path))
        isChanged ||= this.#seen.get(path) !== now
        this.#seen.set(path, now)
      }
      this.#listen(folder)
    }
    if (isChanged) this.#changed()
  }

  #changed(): void {
    const now = performance.now()
    if (this.#told) clearTimeout(this.#told)
    else this.#since = now
    const left = this.#since + longestMs - now
    this.#told = setTimeout(
      () => {
        this.#told = undefined
        this.#onChange()
      },
      Math.max(0, Math.min(settleMs, left)),
    )
  }
}

async function maybeStat(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined)
}

function signature(found: Stats | undefined): string {
  return found ? `${found.mtimeMs} ${found.size} ${found.ino}` : 'none'
}
