import { createHash } from 'node:crypto'
import { verifyActor } from '../../signing/index.ts'
import { HostError } from '../errors.ts'
import { contractOf } from '../host-calls.ts'
import type { ActorLimits } from '../host-options.ts'
import type { LinkDefinition } from '../link-definition.ts'
import { linkKey } from '../link-definitions.ts'
import { readModule } from '../module-file.ts'
import { atLine } from './line-failure.ts'
import type { Manifest } from './manifest.ts'

/** An actor that a manifest states, read and verified. */
export interface StatedActor {
  readonly id: string
  readonly name: string
  readonly callAlias: string | undefined
  /** As the manifest writes it. */
  readonly reference: string
  /** Where it is stated, from 1. */
  readonly line: number | undefined
  /** Kept, so that an edit that fails can be taken back. */
  readonly wasm: Uint8Array
  /** SHA-256 of the file, in hexadecimal. */
  readonly hash: string
  readonly limits: ActorLimits
}

/**
 * A link that a manifest states: its actor by key where the manifest states that too, and its provider
 * by name, so that it stays the one that this manifest means.
 */
export interface StatedLink {
  readonly definition: LinkDefinition
  /** Where it is stated, from 1. */
  readonly line: number | undefined
}

/**
 * Reads the files of all actors of a manifest, and verifies their claims before anything is done.
 *
 * @returns the actors by their keys, in the manifest's order
 * @throws LineFailure around what reading and verifying throw, and `ERR_ACTOR_EXISTS` for two files of
 * one key
 */
export async function readActors(manifest: Manifest): Promise<ReadonlyMap<string, StatedActor>> {
  const actors = new Map<string, StatedActor>()
  for (const [index, { reference, path, limits }] of manifest.actors.entries()) {
    const line = manifest.lines.actors[index]
    await atLine(line, async () => {
      const wasm = await readModule(path)
      const { claims } = await verifyActor(wasm)
      const { subject: id, callAlias } = claims
      const name = claims.name ?? id
      const same = actors.get(id)
      if (same) {
        throw new HostError(
          'ERR_ACTOR_EXISTS',
          { actor: id, name },
          `${reference} has the same key as ${same.reference}: ${id}`,
        )
      }
      const hash = createHash('sha256').update(wasm).digest('hex')
      const bounds = { ...manifest.limits, ...limits }
      actors.set(id, { id, name, callAlias, reference, line, wasm, hash, limits: bounds })
    })
  }
  return actors
}

/** The links of a manifest by what tells them apart; see {@link linkKey}. */
export function statedLinks(
  manifest: Manifest,
  actors: ReadonlyMap<string, StatedActor>,
): ReadonlyMap<string, StatedLink> {
  return new Map(
    manifest.links.map((link, index) => {
      const provider = link.provider ?? defaultProvider(manifest, link.contractId)
      const actor = keyOf(link.actor, actors)
      const definition = { ...link, actor, ...(provider !== undefined && { provider }) }
      return [linkKey(definition), { definition, line: manifest.lines.links[index] }]
    }),
  )
}

/** Whether two definitions of one link ask for the same. */
export function isSameLink(a: LinkDefinition | undefined, b: LinkDefinition): boolean {
  return a !== undefined && a.provider === b.provider && isSameRecord(a.values, b.values)
}

/** Whether two records hold the same, in whatever order; what is `undefined` is not there. */
export function isSameRecord(a: object = {}, b: object = {}): boolean {
  const text = (record: object): string =>
    JSON.stringify(
      Object.entries(record)
        .filter(([, value]) => value !== undefined)
        .sort(([first], [second]) => (first < second ? -1 : 1)),
    )
  return text(a) === text(b)
}

function defaultProvider({ providers }: Manifest, contractId: string): string | undefined {
  const contract = contractOf(contractId)
  return providers.find((provider) => provider.contract.name === contract.name)?.name
}

/** A manifest refers to its actors by path, key, call alias or name; to others as it likes. */
function keyOf(reference: string, actors: ReadonlyMap<string, StatedActor>): string {
  const all = [...actors.values()]
  const exact = all.find((actor) => actor.reference === reference || actor.callAlias === reference)
  if (exact) return exact.id
  const named = all.filter(({ name }) => name === reference)
  return named.length === 1 && named[0] ? named[0].id : reference
}
