import type { Contract, OperationTypes, SomeOperations } from '../contracts/index.ts'
import type { ActorClaims, ProviderClaims } from '../signing/index.ts'
import type { Logger } from './logger.ts'
import type { StandardSchema } from './standard-schema.ts'

/**
 * A list of providers holds any configuration and any operations. Both stand on either side of
 * `link`, so that no other type takes them all; the host hands each provider only what is its own.
 */
// oxlint-disable-next-line typescript/no-explicit-any
type Unknowable = any

/**
 * Code that serves a capability contract: an HTTP server, a key-value store.
 *
 * A provider is inert until it is linked: building one opens nothing. `link` is called once for each
 * link definition, opens what that link needs, and returns what serves it.
 */
export interface CapabilityProvider<
  Config = Unknowable,
  ToProvider extends OperationTypes = Unknowable,
  ToActor extends OperationTypes = Unknowable,
> {
  /** What operators call it in link definitions: `memory-keyvalue`. */
  readonly name: string
  /** One line on what it is, for listings and documentation. */
  readonly summary: string
  readonly contract: Contract<ToProvider, ToActor>
  /** Parses the values of a link definition, which are strings, strictly: an unknown key is an error. */
  readonly configSchema: StandardSchema<unknown, Config>
  /**
   * True if every actor that claims the contract is linked to this provider without a link
   * definition, as all waSCC hosts did with the extras. A link definition takes precedence.
   */
  readonly automatic?: boolean
  /**
   * What it was signed with, if it is a signed module or archive: the policy of a host is asked of
   * these too.
   */
  readonly claims?: ActorClaims | ProviderClaims
  /**
   * Opens what one link needs.
   *
   * @throws anything: the link is refused with `ERR_LINK_FAILED`, and nothing stays open. A
   * `HostError` is passed on as it is.
   */
  link(
    context: LinkContext<Config, ToActor>,
  ): ProviderLink<ToProvider> | Promise<ProviderLink<ToProvider>>
}

/** What a provider is told of the link it is to serve. */
export interface LinkContext<Config, ToActor extends OperationTypes = SomeOperations> {
  /** The link definition's values, parsed. */
  readonly config: Config
  readonly actor: LinkedActor
  /** `default` unless the definition names it. */
  readonly linkName: string
  readonly log: Logger
  /** Aborted when the link is no longer wanted, also while `link` is still opening. */
  readonly signal: AbortSignal
  /**
   * Calls an operation on the actor.
   *
   * @throws HostError, EngineError or ContractError, by `code`
   */
  invoke<Name extends keyof ToActor & string>(
    operation: Name,
    request: ToActor[Name]['request'],
    options?: InvokeOptions,
  ): Promise<ToActor[Name]['response']>
}

/** The actor at the other end of a link. */
export interface LinkedActor {
  /** Its public key, `M…`. */
  readonly id: string
  /** The name in its claims, or its id where they give none. */
  readonly name: string
  /** Of the module that serves now: an update changes them. */
  readonly claims: ActorClaims
  /** The claims as their issuer signed them, where they are at hand. */
  readonly token?: string
}

/** How long a call may take, and who may end it early. */
export interface InvokeOptions {
  /** Milliseconds from now. Default: the actor's `timeoutMs` limit, which also bounds it. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** W3C trace context to pass on. */
  readonly traceparent?: string
  /**
   * The call of the provider's operation that this one is made for: its deadline bounds this one, its
   * depth and trace context go on.
   */
  readonly within?: ProviderCall
}

/**
 * A live link: what serves one actor. Disposal drains, then closes; the host calls it once, and waits
 * for a minute, as it does for `closeIntake`.
 */
export interface ProviderLink<ToProvider extends OperationTypes = SomeOperations>
  extends Partial<AsyncDisposable> {
  /**
   * One function an operation. Answer without a promise where you can: the actor is then not
   * suspended. What is thrown reaches the actor as its error text.
   */
  readonly operations: {
    readonly [Name in keyof ToProvider]: (
      request: ToProvider[Name]['request'],
      call: ProviderCall,
    ) => ToProvider[Name]['response'] | Promise<ToProvider[Name]['response']>
  }
  /**
   * For a link that hands to the actor what comes in from outside, and serves operations too: takes no
   * more in, and resolves once what it handed over has ended. Called, if at all, while the actor still
   * reaches the link, so that it can answer; disposal follows.
   */
  closeIntake?(): Promise<void>
  /** What an operator wants to know of it, such as `{ url: 'http://127.0.0.1:8080' }`. */
  readonly info?: Readonly<Record<string, string>>
  /** What is kept behind the link, where the provider can list it: a swap may then take it along. */
  readonly content?: LinkContent
}

/**
 * What a link keeps, key by key, so that it can be moved to another provider of the contract. What an
 * item is, the contract says: `KeyValueItem` of the key-value contract. Only what the link's actor
 * could see is part of it.
 */
export interface LinkContent<Item = unknown> {
  /** Every key, in any order. One that comes or goes meanwhile may be missing; none comes twice. */
  keys(signal: AbortSignal): AsyncIterable<string>
  /** @returns `undefined` if there is nothing at the key any more. */
  read(key: string, signal: AbortSignal): Promise<Item | undefined>
  /** Puts an item at a key, in the place of whatever is there; `undefined` leaves nothing there. */
  write(key: string, item: Item | undefined, signal: AbortSignal): Promise<void>
  /** The keys that an operation may change; none for one that only reads. */
  changedKeys(operation: string, request: unknown): readonly string[]
}

/** One call of a provider's operation. */
export interface ProviderCall {
  /** The name of the contract's operation. */
  readonly operation: string
  /** When the caller stops waiting, on the clock of `performance.now()`. */
  readonly deadlineAt: number
  /** Aborted when the caller stops waiting. */
  readonly signal: AbortSignal
  readonly traceparent: string | undefined
  /** How many actors called each other to get here; 0 if the first one made this call. */
  readonly depth: number
  /** The provider's call that led to this one: the caller was itself called by a provider that named it. */
  readonly within: ProviderCall | undefined
}
