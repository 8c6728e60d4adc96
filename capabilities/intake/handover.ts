import type { LinkedActor } from '../../host/index.ts'

/** What brings messages to the actor of a link. */
export interface Intake {
  /** While true, what comes in is left to another link. */
  paused: boolean
}

/**
 * When a link is defined anew, both the old and the new one are open for a moment, and each would hand
 * the actor the same messages. From the moment that the new one is open, the old one keeps still; it
 * goes on if the new one is closed before it.
 */
export class Handover {
  readonly #present = new Map<string, Intake[]>()

  /** @returns a function to call when the intake ends. */
  take(actor: LinkedActor, linkName: string, intake: Intake): () => void {
    const key = JSON.stringify([actor.id, linkName])
    const intakes = this.#present.get(key) ?? []
    for (const earlier of intakes) earlier.paused = true
    intakes.push(intake)
    this.#present.set(key, intakes)
    return () => {
      const index = intakes.indexOf(intake)
      if (index !== -1) intakes.splice(index, 1)
      const latest = intakes.at(-1)
      if (latest) latest.paused = false
      else this.#present.delete(key)
    }
  }
}
