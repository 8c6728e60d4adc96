import { mkdtemp, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type { LinkedActor, Logger } from '../../host/index.ts'
import { CapabilityError } from '../errors.ts'
import { Database } from './database.ts'

/** A link's hold on its database. */
export interface HeldDatabase extends AsyncDisposable {
  readonly database: Database
}

/** Which database a link wants. */
export interface DatabaseChoice {
  readonly actor: LinkedActor
  readonly linkName: string
  readonly file: string | undefined
  readonly store: string | undefined
  readonly isReadOnly: boolean
}

interface Shared {
  readonly database: Database
  readonly folder: string | undefined
}

/** The databases of one provider: one for each file, store or link, however many links it has. */
export class Databases {
  readonly #idleMs: number
  readonly #shared = new Map<string, { readonly opening: Promise<Shared>; links: number }>()

  constructor(idleMs: number) {
    this.#idleMs = idleMs
  }

  /** @throws CapabilityError ERR_SQL_FILE */
  async hold(choice: DatabaseChoice, log: Logger): Promise<HeldDatabase> {
    const { file, store, actor, linkName } = choice
    const path = file === undefined ? undefined : await pathOf(file, choice.isReadOnly)
    // JSON keeps apart what pasting together would not, whatever the names contain.
    const key = JSON.stringify(
      path !== undefined ? ['file', path] : store !== undefined ? [store] : [actor.id, linkName],
    )
    const held = this.#shared.get(key) ?? { opening: this.#make(file, path, log), links: 0 }
    this.#shared.set(key, held)
    // Counted before it is waited for, so that nobody lets go of it meanwhile.
    held.links++
    let isHeld = true
    const letGo = async (): Promise<void> => {
      if (!isHeld) return
      isHeld = false
      if (--held.links > 0) return
      if (this.#shared.get(key) === held) this.#shared.delete(key)
      const { database, folder } = await held.opening
      await database[Symbol.asyncDispose]()
      if (folder !== undefined) await rm(folder, { recursive: true, force: true })
    }
    try {
      const { database } = await held.opening
      return { database, [Symbol.asyncDispose]: letGo }
    } catch (error) {
      await letGo().catch(() => {}) // it failed to open as before
      throw error
    }
  }

  async #make(file: string | undefined, path: string | undefined, log: Logger): Promise<Shared> {
    if (path !== undefined) {
      const name = file ?? path
      const database = new Database(name, { path, isDurable: true }, log, this.#idleMs)
      return { database, folder: undefined }
    }
    const folder = await mkdtemp(join(tmpdir(), 'wash-ts-sqlite-'))
    const options = { path: join(folder, 'database.sqlite'), isDurable: false }
    return { database: new Database('temporary', options, log, this.#idleMs), folder }
  }
}

/** The one path of a file, whichever links and folders lead to it. */
async function pathOf(file: string, isReadOnly: boolean): Promise<string> {
  const path = resolve(file)
  try {
    return await realpath(path)
  } catch (error) {
    if (isReadOnly) throw unusable(file, error)
  }
  try {
    const folder = await realpath(dirname(path))
    if (!(await stat(folder)).isDirectory()) throw new Error(`${folder} is no folder`)
    return join(folder, basename(path))
  } catch (error) {
    throw unusable(file, error)
  }
}

function unusable(file: string, cause: unknown): CapabilityError<'ERR_SQL_FILE'> {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = `${file} cannot be opened as a database: ${reason}`
  return new CapabilityError('ERR_SQL_FILE', { file, reason }, message, { cause })
}
