/** Files of uploads that are not complete. Their names say which process they are of. */
import { randomUUID } from 'node:crypto'
import { type FileHandle, lstat, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { creatingFlags, errnoOf, namesIn, onDisk } from './disk.ts'

/** Tells this process from an earlier one of the same number: the first process of a container is 1. */
const run = randomUUID()

/** Age at which an upload is nobody's, whichever process of whichever machine it was of. */
const oldestMs = 48 * 3_600_000

/** Makes files for uploads in one folder. */
export class UploadFiles {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async create(): Promise<{ readonly handle: FileHandle; readonly path: string }> {
    const path = join(this.#folder, `${process.pid}-${run}-${randomUUID()}.part`)
    const handle = await onDisk('start a blob', () => open(path, creatingFlags, 0o600))
    return { handle, path }
  }
}

/** Removes what uploads left of processes that are no more. */
export async function sweepUploads(folder: string): Promise<void> {
  for (const name of await namesIn(folder, 'files')) {
    const [, pid, ofRun] = /^(\d+)-([0-9a-f-]{36})-[0-9a-f-]{36}\.part$/.exec(name) ?? []
    if (pid === undefined || ofRun === run) continue
    const path = join(folder, name)
    const isOver = Number(pid) === process.pid || !isAlive(Number(pid)) || (await isOld(path))
    if (isOver) await unlink(path).catch(() => undefined)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errnoOf(error) !== 'ESRCH'
  }
}

async function isOld(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).mtimeMs < Date.now() - oldestMs
  } catch {
    return false
  }
}
