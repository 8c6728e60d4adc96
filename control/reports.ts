import {
  type ActorInfo,
  type EventReason,
  type HostInventory,
  linkKey,
  type LinkDefinition,
  type LinkInfo,
} from '../host/index.ts'

/** A host, as it travels. */
export interface HostReport {
  /** Public key, `N…`. */
  readonly host: string
  readonly labels: Readonly<Record<string, string>>
  readonly uptimeMs: number
  /** Of its process. */
  readonly pid: number
  /** Of the program that it runs in, where that says. */
  readonly version?: string
  /** How many run. */
  readonly actors: number
}

/** A running actor, as it travels: what {@link ActorInfo} says, dates as text. */
export interface ActorReport extends Omit<ActorInfo, 'expiresAt'> {
  /** ISO 8601. */
  readonly expiresAt?: string
  /** What it said of itself, if it was asked. */
  readonly health?: { readonly healthy: boolean; readonly message: string }
}

/** A link that is live, or that was stated and is not. */
export interface LinkReport extends LinkInfo {
  /** The actor's public key, or as the definition refers to one that does not run. */
  readonly actor: string
  /** The actor's name; absent while it does not run. */
  readonly actorName?: string
  /** `waiting` for its actor to start, or `failed` to be made live when it started. */
  readonly status: 'live' | 'waiting' | 'failed'
  /** Why it failed, where that is known. */
  readonly reason?: EventReason
  /** What was stated, passwords hidden; absent for links that the host made by itself. */
  readonly values?: Readonly<Record<string, string>>
}

/** A registered provider. */
export interface ProviderReport {
  /** Public key, `V…`: what other hosts of a lattice call it by. */
  readonly id: string
  readonly name: string
  readonly summary: string
  readonly contractId: string
  /** How many live links it serves. */
  readonly links: number
}

/** Everything on a host, as it travels. */
export interface InventoryReport extends Omit<HostReport, 'actors'> {
  readonly actors: readonly ActorReport[]
  readonly providers: readonly ProviderReport[]
  readonly links: readonly LinkReport[]
}

/** An actor as it travels. */
export function actorReport({ expiresAt, ...rest }: ActorInfo): ActorReport {
  return { ...rest, ...(expiresAt && { expiresAt: expiresAt.toISOString() }) }
}

/** The providers of a host as they travel. */
export function providerReports({ providers, actors }: HostInventory): ProviderReport[] {
  const serving = actors.flatMap(({ links }) => links.map(({ provider }) => provider))
  return providers.map((provider) => ({
    ...provider,
    links: serving.filter((name) => name === provider.name).length,
  }))
}

/**
 * The links of a host as they travel: live ones first, then those that were stated and are not.
 *
 * @param failures Why links were not made, by {@link linkKey}.
 */
export function linkReports(
  { actors, linkDefinitions }: HostInventory,
  failures: ReadonlyMap<string, EventReason>,
): LinkReport[] {
  const stated = new Map<string, LinkDefinition>()
  for (const definition of linkDefinitions) {
    const actor = actors.find((each) => answersTo(each, definition.actor))
    stated.set(linkKey({ ...definition, actor: actor?.id ?? definition.actor }), definition)
  }
  const live = actors.flatMap((actor) =>
    actor.links.map((link): LinkReport => {
      const key = linkKey({ ...link, actor: actor.id })
      const definition = stated.get(key)
      stated.delete(key)
      return {
        ...link,
        actor: actor.id,
        actorName: actor.name,
        status: 'live',
        ...(definition && { values: withoutSecrets(definition.values ?? {}) }),
      }
    }),
  )
  const others = [...stated].map(([key, definition]): LinkReport => {
    const actor = actors.find((each) => answersTo(each, definition.actor))
    const reason = failures.get(key)
    return {
      actor: actor?.id ?? definition.actor,
      ...(actor && { actorName: actor.name }),
      contractId: definition.contractId,
      linkName: definition.linkName ?? 'default',
      provider: definition.provider ?? '',
      info: {},
      status: actor ? 'failed' : 'waiting',
      ...(actor && reason && { reason }),
      values: withoutSecrets(definition.values ?? {}),
    }
  })
  return [...live, ...others]
}

/** Whether a reference means this actor: its public key, call alias or name. */
export function answersTo(actor: ActorInfo, reference: string): boolean {
  return [actor.id, actor.callAlias, actor.name].includes(reference)
}

const secret = 'pass|pwd|secret|token|seed|credential|authorization|jwt'
const secretName = new RegExp(`${secret}|(^|[_-])(api[_-]?|access[_-]?|private[_-]?)?key$`, 'i')
/** `password=…` of a query, or of a connection string, whose parts a space, comma or semicolon ends. */
const secretPart = new RegExp(
  `(^|[?&,;\\s])([\\w-]*(?:${secret})[\\w-]*\\s*=\\s*)(?:'[^']*'|(?:(?![&\\s#]|[,;][\\w-]+=)[^])*)`,
  'gi',
)
/** The login of an address. Where what follows it is no port, a password may go on behind a slash. */
const login =
  /([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#@,:]*(?::[^\s/?#]*)?@|[^\s/?#@,:[]*:(?!\d*(?:[\s/?#,]|$))[^]*@)/gi
const hidden = '(hidden)'

/**
 * A link's values without what must not be shown: passwords by their names, logins in addresses,
 * where a name alone may be a token, and private keys.
 */
export function withoutSecrets(
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, shownValue(name, value)]),
  )
}

function shownValue(name: string, value: string): string {
  if (secretName.test(name) || /-----BEGIN [A-Z ]*PRIVATE KEY/.test(value)) return hidden
  return value.replaceAll(login, `$1${hidden}@`).replaceAll(secretPart, `$1$2${hidden}`)
}
