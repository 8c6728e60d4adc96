/** What an operator writes: which provider serves a contract to an actor, and how. */
export interface LinkDefinition {
  /** The actor's public key, call alias or name. */
  readonly actor: string
  /** Such as `wascc:keyvalue`; any id that a dialect gave the contract means the same contract. */
  readonly contractId: string
  /** Tells several links of one actor and contract apart. Default: `default`. */
  readonly linkName?: string
  /** The provider's name. Default: the first registered one that serves the contract. */
  readonly provider?: string
  /** What the provider is told. Its schema says which keys there are. */
  readonly values?: Readonly<Record<string, string>>
}

/** The link name of a definition, or of a call, that gives none. */
export const defaultLinkName = 'default'

/** Blank link names mean the default: AssemblyScript actors of 2020 pass an empty one. */
export function normaliseLinkName(linkName: string | undefined): string {
  return linkName === undefined || linkName.trim() === '' ? defaultLinkName : linkName
}
