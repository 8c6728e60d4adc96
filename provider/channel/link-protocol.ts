/**
 * What host and provider process say to each other beyond wasmCloud's messages. Those go by wasmCloud's
 * subjects; a link has a subject of its own, for two links of one actor and name may be live while one
 * takes the place of the other.
 */

/** The program that runs a provider's file in a process of its own. */
export const providerProgram: URL = new URL(
  import.meta.url.endsWith('.ts') ? '../process.ts' : '../process.js',
  import.meta.url,
)

/** The lattice of a host alone. */
export const localLattice = 'default'
/** The link name that a provider's process is started under. Links say their own. */
export const processLinkName = 'default'

/** Where a provider's process listens. */
export function providerSubject(providerKey: string, linkToken: string = processLinkName): string {
  return `wasmbus.rpc.${localLattice}.${providerKey}.${linkToken}`
}

/** Where an actor is called. */
export function actorSubject(actorKey: string): string {
  return `wasmbus.rpc.${localLattice}.${actorKey}`
}

/** Ends of subjects. */
export const verbs = {
  putLink: 'linkdefs.put',
  deleteLink: 'linkdefs.del',
  health: 'health',
  shutdown: 'shutdown',
  /** Takes a link definition: no more is to be handed to the actor. */
  closeIntake: 'intake.close',
  /** Takes a {@link ContentRequest}, after the token of a link. */
  content: 'content',
  /** Whose payload is the id of an invocation that nobody waits for any more. */
  cancel: 'cancel',
  /** A line for the host's log, from the provider. */
  log: 'log',
} as const

/** Names of headers. */
export const headers = {
  /** Milliseconds that the caller waits. */
  timeoutMs: 'timeout-ms',
  /** The id of the link that a call of an actor goes by, or a log line is about. */
  link: 'link',
  /** The name of a link's actor, and its claims as JSON. */
  actorName: 'actor-name',
  actorClaims: 'actor-claims',
  /** How many actors called each other to get to an invocation. */
  depth: 'depth',
  /** The id of the invocation that a call of an actor is made for. */
  within: 'within',
} as const

/** What a provider says of a link that it opened. */
export interface OpenedLink {
  /** The operations it serves; `null` for every one there may be. */
  readonly operations: readonly string[] | null
  readonly info: Readonly<Record<string, string>>
  /** Whether it hands to the actor what comes in, and can be asked to stop that first. */
  readonly hasIntake: boolean
  /** Whether it can list what it keeps: ask with {@link ContentRequest}. */
  readonly hasContent: boolean
}

/**
 * Asks what a link keeps, key by key. `next` gives up to a page of keys, of the listing that the host
 * names, and none when there are no more; `end` forgets a listing.
 */
export type ContentRequest =
  | { readonly do: 'next' | 'end'; readonly listing: string }
  | { readonly do: 'read'; readonly key: string }
  | { readonly do: 'write'; readonly key: string; readonly item?: unknown }

/** A line for the log. */
export interface LogMessage {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly facts: unknown
}

/** How long a caller waits, as a header says it: whole milliseconds, none if there is no end. */
export function timeoutHeader(timeoutMs: number): Record<string, string> {
  return Number.isFinite(timeoutMs)
    ? { [headers.timeoutMs]: String(Math.max(1, Math.ceil(timeoutMs))) }
    : {}
}

/** What {@link timeoutHeader} says; `Infinity` if it says nothing that can be understood. */
export function timeoutOf(given: Readonly<Record<string, string>>): number {
  const text = given[headers.timeoutMs] ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
}
