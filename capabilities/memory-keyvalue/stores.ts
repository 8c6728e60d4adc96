import type { LinkedActor } from '../../host/index.ts'
import { Store } from './store.ts'

/** A link's hold on its store. */
export interface HeldStore {
  readonly store: Store
  /** Once; what the store holds stays for links to come. */
  release(): void
}

/** The stores of one provider. Those that hold something stay, so that a link may go and come back. */
export class Stores {
  readonly #now: () => number
  readonly #stores = new Map<string, { readonly store: Store; links: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** The store that links share by name, or the link's own. */
  hold(actor: LinkedActor, linkName: string, shared: string | undefined): HeldStore {
    // JSON keeps apart what pasting together would not, whatever the names contain.
    const id = JSON.stringify(shared === undefined ? [actor.id, linkName] : [shared])
    const held = this.#stores.get(id) ?? { store: new Store(this.#now), links: 0 }
    this.#stores.set(id, held)
    held.links++
    return {
      store: held.store,
      release: () => {
        held.store.sweep()
        if (--held.links === 0 && held.store.size === 0) this.#stores.delete(id)
      },
    }
  }
}
