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
  links: number
}

/** The databases of one provider: one for each file, store or link, however many links it has. */
export class Databases {
  readonly #idleMs: number
  readonly #shared = new Map<string, Promise<Shared>>()

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
    const held = this.#shared.get(key) ?? this.#make(file, path, log)
    this.#shared.set(key, held)
    const shared = await held.catch((error: unknown) => {
      this.#shared.delete(key)
      throw error
    })
    shared.links++
    let isHeld = true
    return {
      database: shared.database,
      [Symbol.asyncDispose]: async () => {
        if (!isHeld) return
        isHeld = false
        if (--shared.links > 0) return
        this.#shared.delete(key)
        await shared.database[Symbol.asyncDispose]()
        if (shared.folder !== undefined) await rm(shared.folder, { recursive: true, force: true })
      },
    }
  }

  async #make(file: string | undefined, path: string | undefined, log: Logger): Promise<Shared> {
    if (path !== undefined) {
      const name = file ?? path
      const database = new Database(name, { path, isDurable: true }, log, this.#idleMs)
      return { database, folder: undefined, links: 0 }
    }
    const folder = await mkdtemp(join(tmpdir(), 'wash-ts-sqlite-'))
    const options = { path: join(folder, 'database.sqlite'), isDurable: false }
    return { database: new Database('temporary', options, log, this.#idleMs), folder, links: 0 }
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
