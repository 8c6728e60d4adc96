import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { LinkedActor } from '../../host/index.ts'
import { Usage } from '../blobstore/usage.ts'
import { FileBackend } from './backend.ts'
import { makeFolder, onDisk } from './disk.ts'
import { fileNameOf } from './file-names.ts'

/** A store that is open, and what it holds. */
export interface OpenStore {
  readonly backend: FileBackend
  readonly usage: Usage
}

/** The stores of one provider that links have open. Links that share one share its counts. */
export class Stores {
  readonly #open = new Map<string, { readonly store: Promise<OpenStore>; links: number }>()

  /** Opens the store that links share by name, or the link's own. `release` it once. */
  async hold(
    root: string,
    actor: LinkedActor,
    linkName: string,
    shared: string | undefined,
    signal: AbortSignal,
  ): Promise<OpenStore & { release(): void }> {
    await onDisk('make its folder', () => mkdir(root, { recursive: true, mode: 0o700 }))
    const realRoot = await onDisk('open its folder', () => realpath(root))
    const steps =
      shared === undefined
        ? ['links', folderOfActor(actor.id), fileNameOf(linkName)]
        : ['stores', fileNameOf(shared)]
    const folder = join(realRoot, ...steps)
    const held = this.#open.get(folder) ?? { store: openStore(realRoot, steps), links: 0 }
    this.#open.set(folder, held)
    held.links++
    const release = (): void => {
      if (--held.links === 0) this.#open.delete(folder)
    }
    try {
      const store = await held.store
      signal.throwIfAborted()
      return { ...store, release }
    } catch (error) {
      release()
      throw error
    }
  }
}

async function openStore(root: string, steps: readonly string[]): Promise<OpenStore> {
  let folder = root
  for (const step of steps) {
    folder = join(folder, step)
    await makeFolder(folder)
  }
  const backend = await FileBackend.open(folder)
  return { backend, usage: new Usage(await backend.totals()) }
}

/** Keys of actors are all capitals, which in lower case are easier to read than encoded. */
function folderOfActor(id: string): string {
  return /^M[A-Z2-7]{55}$/.test(id) ? id.toLowerCase() : fileNameOf(id)
}
