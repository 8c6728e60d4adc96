/** A file that so many builds in a row change is written by them. */
const buildsInARow = 4

/** What is to be done after a build. */
export interface AfterBuild {
  /** What changed while it ran and asks for another one. */
  readonly again: string[]
  /** What is known from now on to be written by builds. */
  readonly found: string[]
  /** Whether builds follow from builds: the next one should wait for quiet. */
  readonly isRepeated: boolean
}

/**
 * Tells what builds write from what people write while builds run, so that a build that writes among
 * its sources does not ask for the next one for ever. People write between builds, too: a file that
 * only ever changes during builds, many times in a row, is not theirs.
 */
export class WrittenByBuilds {
  readonly #rows = new Map<string, number>()
  readonly #known = new Set<string>()

  /** @param changed What changed while a build ran. */
  afterBuild(changed: readonly string[]): AfterBuild {
    const again = changed.filter((path) => !this.#known.has(path))
    for (const path of this.#rows.keys()) if (!again.includes(path)) this.#rows.delete(path)
    for (const path of again) this.#rows.set(path, (this.#rows.get(path) ?? 0) + 1)
    const found = again.filter((path) => this.#rows.get(path) === buildsInARow)
    for (const path of found) {
      this.#known.add(path)
      this.#rows.delete(path)
    }
    // What was found is built once more all the same: the last change might have been a person's.
    const isRepeated = [...this.#rows.values()].some((builds) => builds > 1)
    return { again, found, isRepeated: isRepeated || found.length > 0 }
  }

  /** @param changed What changed while no build ran. */
  byPerson(changed: readonly string[]): void {
    for (const path of changed) {
      this.#rows.delete(path)
      this.#known.delete(path)
    }
  }
}
