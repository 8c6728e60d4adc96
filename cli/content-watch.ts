import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { FileWatcher } from './file-watcher.ts'

/** How long content that cannot be used must stay as it is before that is told, in milliseconds. */
const halfWrittenMs = 250

/** What is done about files, and what is said about them. */
export interface ContentWatchOptions {
  /** The files that count at the moment. */
  files(): readonly string[]
  /** Uses their content. */
  apply(): Promise<void>
  /** Is told why content could not be used; it is not tried again before it changes. */
  failed(error: unknown): void
}

/**
 * Uses the content of files again whenever it changes: the content decides, not when it was written.
 * A file that is just being written is not complained about.
 */
export class ContentWatch implements AsyncDisposable {
  readonly #options: ContentWatchOptions
  readonly #watcher: FileWatcher
  #used: string
  #running: Promise<void> | undefined
  #isAsked = false
  #isOver = false

  /** @param used What {@link contentOf} said of the files when their content was used last. */
  constructor(options: ContentWatchOptions, used: string) {
    this.#options = options
    this.#used = used
    this.#watcher = new FileWatcher(() => this.#check())
    this.#watcher.watch(options.files())
    this.#check()
  }

  /** What is under way ends first. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    this.#watcher[Symbol.dispose]()
    await this.#running
  }

  #check(): void {
    this.#isAsked = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  async #run(): Promise<void> {
    const { files, apply, failed } = this.#options
    while (this.#isAsked && !this.#isOver) {
      this.#isAsked = false
      const list = files()
      const content = await contentOf(list)
      if (content === this.#used) continue
      try {
        await apply()
        this.#used = isSameList(list, files()) ? content : await contentOf(files())
      } catch (error) {
        const seen = isSameList(list, files()) ? content : await contentOf(files())
        await delay(halfWrittenMs)
        if ((await contentOf(files())) === seen) {
          this.#used = seen
          failed(error)
        } else this.#isAsked = true
      }
      this.#watcher.watch(files())
    }
  }
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.join('\0') === b.join('\0')
}

/** What tells contents apart; a file that cannot be read is one that is not there. */
export async function contentOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    const content = await readFile(path).catch(() => undefined)
    hash.update(`${path}\0${content ? content.length : 'none'}\0`).update(content ?? '')
  }
  return hash.digest('hex')
}
