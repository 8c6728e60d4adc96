/** What each host failure tells its catcher, by stable code. Durations in milliseconds. */
export interface HostErrorDetails {
  ERR_ACTOR_NOT_FOUND: { actor: string }
  ERR_ACTOR_EXISTS: { actor: string; name: string }
  ERR_ACTOR_AMBIGUOUS: { actor: string; candidates: readonly string[] }
  ERR_MODULE_NOT_FOUND: { path: string }
  /** A signed module of one kind was given where one of the other is run. */
  ERR_MODULE_KIND: { module: string; wanted: 'actor' | 'provider' }
  ERR_CAPABILITY_DENIED: { actor: string; contractId: string; operation?: string }
  ERR_NOT_LINKED: { actor: string; contractId: string; linkName: string; operation?: string }
  ERR_LINK_CONFLICT: { actor: string; contractId: string; linkName: string; reason: string }
  ERR_LINK_CONFIG: { provider: string; issues: readonly { key: string; problem: string }[] }
  ERR_LINK_FAILED: { provider: string; actor: string; reason: string }
  ERR_PROVIDER_NOT_FOUND: { provider: string; known: readonly string[] }
  ERR_PROVIDER_EXISTS: { provider: string }
  ERR_NOTHING_TO_SWAP: { contractId: string; linkName: string | undefined }
  ERR_COPY_UNSUPPORTED: { provider: string; contractId: string }
  ERR_COPY_FAILED: { failed: number; reason: string }
  ERR_PROVIDER_IN_USE: { provider: string; links: number }
  ERR_PROVIDER_FAILED: { provider: string; operation: string; reason: string }
  ERR_PROVIDER_INVALID: { provider: string; reason: string }
  ERR_OPERATION_UNKNOWN: { contractId: string; operation: string; known: readonly string[] }
  ERR_CALL_DEPTH: { actor: string; limit: number }
  ERR_CALL_CYCLE: { actor: string; provider: string; operation: string }
  ERR_UPDATE_REFUSED: { actor: string; reason: string }
  ERR_POLICY_DENIED: { actor: string; reason: string }
  ERR_HOST_STOPPING: { host: string }
  ERR_MANIFEST_INVALID: { path: string; problems: readonly ManifestProblem[] }
  /** `left` says what was done and could not be taken back; nothing, as a rule. */
  ERR_MANIFEST_NOT_APPLIED: {
    path: string
    /** Of what could not be done, from 1. */
    line?: number
    reason: { readonly code: string; readonly message: string }
    left: readonly string[]
  }
}

/** One mistake in a manifest. */
export interface ManifestProblem {
  /** Where in the document, such as `bindings[0].values.PORT`. */
  readonly path: string
  /** Line in the file, from 1. */
  readonly line: number
  readonly problem: string
}

/** Every code of the host. */
export type HostErrorCode = keyof HostErrorDetails

/** What the command line and the documentation say of a code. */
export interface ErrorInfo {
  readonly summary: string
  /** What to do about it. */
  readonly hint: string
  /** The exit code of the command line. */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 7
  /** True if the same call may succeed later. */
  readonly retryable?: true
}

/** Every code of the host, with what it means and what to do. */
export const hostErrors: Readonly<Record<HostErrorCode, ErrorInfo>> = {
  ERR_ACTOR_NOT_FOUND: {
    summary: 'no running actor has this key, call alias or name',
    hint: 'start the actor first, or list what runs',
    exit: 3,
  },
  ERR_ACTOR_EXISTS: {
    summary: 'an actor with this key or call alias already runs on this host',
    hint: 'to replace it, update the actor with the new module',
    exit: 7,
  },
  ERR_ACTOR_AMBIGUOUS: {
    summary: 'several running actors answer to this name',
    hint: 'use the public key of the one you mean',
    exit: 7,
  },
  ERR_MODULE_NOT_FOUND: {
    summary: 'the file of a module does not exist or cannot be read',
    hint: 'check the path; it is relative to the manifest, or to where the command runs',
    exit: 3,
  },
  ERR_MODULE_KIND: {
    summary: 'the module is a portable provider where an actor is wanted, or the other way round',
    hint: 'start actors, and name providers under capabilities in a manifest; `claims sign --prov` makes a provider of a module',
    exit: 2,
  },
  ERR_CAPABILITY_DENIED: {
    summary: 'the actor used a contract that its signed claims do not name',
    hint: 'if it is meant to, sign it again with the contract (wash-ts claims sign --cap CONTRACT)',
    exit: 4,
  },
  ERR_NOT_LINKED: {
    summary: 'the actor used a contract that it claims, but no link says which provider serves it',
    hint: 'add a link definition for the actor, contract and link name',
    exit: 3,
  },
  ERR_LINK_CONFLICT: {
    summary: 'a link collides with another one',
    hint: 'change the link name, or the value that both claim (such as PORT, HOST or PATH)',
    exit: 7,
  },
  ERR_LINK_CONFIG: {
    summary: 'the values of a link definition do not suit its provider',
    hint: 'correct the keys that the message names',
    exit: 2,
  },
  ERR_LINK_FAILED: {
    summary: 'a provider could not open what a link needs',
    hint: 'the reason says what the provider met; nothing was changed',
    exit: 5,
    retryable: true,
  },
  ERR_PROVIDER_NOT_FOUND: {
    summary: 'no provider of this name, or none that serves the contract',
    hint: 'use one of the names that the message lists, or register the provider',
    exit: 3,
  },
  ERR_PROVIDER_EXISTS: {
    summary: 'a provider of this name is already registered',
    hint: 'register it under another name, or replace the one that is there',
    exit: 7,
  },
  ERR_NOTHING_TO_SWAP: {
    summary: 'no link of this host is of the contract, link name and actor that were to be swapped',
    hint: 'list the links there are, and name one of their contracts',
    exit: 3,
  },
  ERR_COPY_UNSUPPORTED: {
    summary: 'a provider cannot list what it keeps, or take what another kept',
    hint: 'swap without copying, and move the data by other means',
    exit: 2,
  },
  ERR_COPY_FAILED: {
    summary: 'what a provider keeps could not be copied to the one that was to replace it',
    hint: 'see to what the reason says; nothing was turned over, and the old provider serves on',
    exit: 1,
    retryable: true,
  },
  ERR_PROVIDER_IN_USE: {
    summary: 'a provider was to be removed that links still use',
    hint: 'swap its links to another provider first, or delete them',
    exit: 7,
  },
  ERR_PROVIDER_FAILED: {
    summary: 'a provider could not carry out an operation',
    hint: 'the reason is the provider’s own',
    exit: 1,
  },
  ERR_PROVIDER_INVALID: {
    summary: 'a signed module says that it is a provider, but cannot serve as one here',
    hint: 'the reason says what it did; have it answer GetCapabilityDescriptor with the id of its contract',
    exit: 1,
  },
  ERR_OPERATION_UNKNOWN: {
    summary: 'the contract has no such operation in this actor’s dialect',
    hint: 'use one of the operations that the message lists',
    exit: 3,
  },
  ERR_CALL_DEPTH: {
    summary: 'actors called each other more deeply than the host allows',
    hint: 'look for actors that call each other in a circle, or raise maxCallDepth',
    exit: 1,
  },
  ERR_CALL_CYCLE: {
    summary: 'an actor called a provider that waits for that very actor to answer',
    hint: 'a portable provider answers one call at a time: answer it before asking it something',
    exit: 1,
  },
  ERR_UPDATE_REFUSED: {
    summary: 'a module may not replace the running actor',
    hint: 'sign the new module with the same keys and a higher revision',
    exit: 4,
  },
  ERR_POLICY_DENIED: {
    summary: 'the policy of this host forbids it',
    hint: 'change the policy, or have the module signed by a trusted issuer',
    exit: 4,
  },
  ERR_HOST_STOPPING: {
    summary: 'the host is stopping and takes no new work',
    hint: 'try another host, or start this one again',
    exit: 5,
    retryable: true,
  },
  ERR_MANIFEST_INVALID: {
    summary: 'the manifest has mistakes',
    hint: 'correct the lines that the message names',
    exit: 2,
  },
  ERR_MANIFEST_NOT_APPLIED: {
    summary: 'an edited manifest asks for something that cannot be done; what ran before runs on',
    hint: 'correct what the message names: it is tried again when the manifest or an actor changes',
    exit: 1,
  },
}

/** The one error class of the host. Narrow an {@link AnyHostError} on its `code`. */
export class HostError<C extends HostErrorCode = HostErrorCode> extends Error {
  override readonly name: string = 'HostError'
  readonly code: C
  readonly detail: HostErrorDetails[C]

  constructor(code: C, detail: HostErrorDetails[C], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.detail = detail
  }
}

/** Every host error, for a `switch` on `code` that narrows `detail`. */
export type AnyHostError = { [C in HostErrorCode]: HostError<C> }[HostErrorCode]
