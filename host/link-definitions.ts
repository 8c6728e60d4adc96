import type { Actor } from './actor.ts'
import { contractOf } from './host-calls.ts'
import type { LinkFacts } from './events.ts'
import type { Link } from './link.ts'
import { type LinkDefinition, normaliseLinkName } from './link-definition.ts'

/** What names a link, whatever serves it. */
export type LinkReference = Pick<LinkDefinition, 'actor' | 'contractId' | 'linkName'>

/** The link definitions of a host, in the order they were stated: one for each actor, contract and name. */
export class LinkDefinitions implements Iterable<LinkDefinition> {
  readonly #byKey = new Map<string, LinkDefinition>();

  [Symbol.iterator](): Iterator<LinkDefinition> {
    return this.#byKey.values()
  }

  /** @param actor The running actor that the definition means, if there is one. */
  set(definition: LinkDefinition, actor: Actor | undefined): void {
    this.#byKey.set(keyOf(definition, actor), definition)
  }

  /** @returns false if there was none. */
  delete(reference: LinkReference, actor: Actor | undefined): boolean {
    return this.#byKey.delete(keyOf(reference, actor))
  }

  /** Has the definitions of a live link, or a new one, say what serves it now. */
  follow(link: Link, answersTo: (reference: string) => boolean): void {
    const { contractId, linkName, provider } = link.facts
    const served = { provider, values: link.values }
    const mine = [...this.#byKey].filter(
      ([, definition]) =>
        isOf(definition, link.contract.name, linkName) && answersTo(definition.actor),
    )
    for (const [key, definition] of mine) this.#byKey.set(key, { ...definition, ...served })
    if (mine.length > 0) return
    const definition = { actor: link.actor.id, contractId, linkName, ...served }
    this.set(definition, link.actor)
  }

  /** Changes the definitions that `matches` picks. @returns how many */
  change(
    matches: (definition: LinkDefinition) => boolean,
    changes: Pick<LinkDefinition, 'provider' | 'values'>,
  ): number {
    const picked = [...this.#byKey].filter(([, definition]) => matches(definition))
    for (const [key, definition] of picked) this.#byKey.set(key, { ...definition, ...changes })
    return picked.length
  }
}

/** Whether a definition is of a contract, and of a link name unless that is `undefined`. */
export function isOf(
  { contractId, linkName }: LinkReference,
  contractName: string,
  wanted: string | undefined,
): boolean {
  return (
    contractOf(contractId).name === contractName &&
    (wanted === undefined || normaliseLinkName(linkName) === wanted)
  )
}

/** Tells links apart: actor, contract (by whichever of its ids) and link name. */
export function linkKey({ actor, contractId, linkName }: LinkReference): string {
  return JSON.stringify([actor, contractOf(contractId).name, normaliseLinkName(linkName)])
}

function keyOf(reference: LinkReference, running: Actor | undefined): string {
  return linkKey(running ? { ...reference, actor: running.id } : reference)
}

/** A definition as events and logs name it. @param actor The running actor that it means, if there is one. */
export function definitionFacts(
  definition: LinkDefinition | LinkReference,
  actor: Actor | undefined,
): LinkFacts {
  return {
    actor: actor?.id ?? definition.actor,
    contractId: definition.contractId,
    linkName: normaliseLinkName(definition.linkName),
    provider: ('provider' in definition && definition.provider) || '',
  }
}
