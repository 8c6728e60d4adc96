import type { ActorTable } from './actor-table.ts'
import { HostError } from './errors.ts'
import { contractOf } from './host-calls.ts'
import type { Link } from './link.ts'
import type { CopyProgress } from './link-copy.ts'
import { type LinkDefinition, normaliseLinkName } from './link-definition.ts'
import { isOf, type LinkDefinitions } from './link-definitions.ts'

/** What is to serve which links from now on. */
export interface SwapRequest {
  /** Any id of the contract. */
  readonly contractId: string
  /** Default: links of every name. */
  readonly linkName?: string
  /** Public key, call alias or name. Default: every actor. */
  readonly actor?: string
  /** The name of the registered provider that is to serve them. */
  readonly provider: string
  /** Instead of the values that each link has, for all of them. */
  readonly values?: Readonly<Record<string, string>>
  /** Whether to take along what the links keep, where both providers can. Default: false. */
  readonly copy?: boolean
}

/** Who may end a swap early, and who hears how far it is. */
export interface SwapOptions {
  /** Heard while a copy is made: once aborted, nothing has changed. */
  readonly signal?: AbortSignal
  onProgress?(progress: CopyProgress): void
}

/** What a swap is about: live links, and definitions, those of actors that do not run too. */
export interface SwapSelection {
  readonly links: readonly Link[]
  isPicked(definition: LinkDefinition): boolean
}

/** @throws HostError `ERR_NOTHING_TO_SWAP`, `ERR_ACTOR_AMBIGUOUS` */
export function selectLinks(
  { contractId, linkName: name, actor: reference }: SwapRequest,
  actors: ActorTable,
  definitions: LinkDefinitions,
): SwapSelection {
  const contract = contractOf(contractId).name
  const linkName = name === undefined ? undefined : normaliseLinkName(name)
  const only = reference === undefined ? undefined : actors.maybeFind(reference)
  const links = [...actors]
    .filter((actor) => reference === undefined || actor === only)
    .flatMap((actor) => [...(actor.links.get(contract)?.values() ?? [])])
    .filter((link) => linkName === undefined || link.linkName === linkName)
  const isPicked = (definition: LinkDefinition): boolean =>
    isOf(definition, contract, linkName) &&
    (reference === undefined ||
      definition.actor === reference ||
      (only !== undefined && actors.answersTo(only, definition.actor)))
  if (links.length > 0 || [...definitions].some(isPicked)) return { links, isPicked }
  const named = linkName === undefined ? '' : ` named ${linkName}`
  const whose = reference === undefined ? '' : ` of ${JSON.stringify(reference)}`
  throw new HostError(
    'ERR_NOTHING_TO_SWAP',
    { contractId, linkName },
    `there is no link${named}${whose} for ${contractId} to swap`,
  )
}
