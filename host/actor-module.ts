import { type Contract, type Dialect, detectDialect, type Detection } from '../contracts/index.ts'
import { type ActorClaims, verifyActor } from '../signing/index.ts'
import {
  type EngineLimits,
  EngineError,
  type Guest,
  type HostCall,
  loadGuest,
  type Scheduler,
} from './engine/index.ts'
import { HostError } from './errors.ts'
import { contractOf } from './host-calls.ts'
import type { Logger } from './logger.ts'
import { type Authorizer, requireMayLoad } from './policy.ts'

/** What it takes to load a module. */
export interface LoadOptions {
  readonly limits: EngineLimits
  readonly scheduler: Scheduler
  readonly authorizer: Authorizer
  readonly log: Logger
  /** When to check the claims for. */
  readonly now: Date
  readonly signal?: AbortSignal | undefined
  /** Answers what the module calls; it is given the module that calls. */
  hostCall(module: ActorModule, call: HostCall): Uint8Array | Promise<Uint8Array>
}

/** One verified, compiled module of an actor: what is replaced when the actor is updated. */
export class ActorModule {
  readonly claims: ActorClaims
  /** The claims as their issuer signed them. */
  readonly token: string
  readonly guest: Guest
  readonly dialect: Dialect
  /** Names of the contracts that its claims name, whichever dialect's id they use. */
  readonly claimed: ReadonlySet<string>
  /** Milliseconds since the epoch; `Infinity` if its claims do not expire. */
  readonly expiresAtMs: number
  readonly #contracts = new Map<string, Contract>()

  constructor(claims: ActorClaims, token: string, guest: Guest, dialect: Dialect) {
    this.claims = claims
    this.token = token
    this.guest = guest
    this.dialect = dialect
    this.claimed = new Set(claims.contracts.map((id) => contractOf(id).name))
    this.expiresAtMs = claims.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY
  }

  /** The contract of an id that this module claims; looked up by text once. */
  contractOf(id: string): Contract | undefined {
    const known = this.#contracts.get(id)
    if (known) return known
    const contract = contractOf(id)
    // Only what the claims name is kept: a guest may ask for any number of ids.
    if (!this.claimed.has(contract.name)) return undefined
    this.#contracts.set(id, contract)
    return contract
  }
}

/**
 * Verifies a module's claims, asks the policy, compiles and starts it, and finds its dialect.
 *
 * @throws SigningError for claims that do not hold, HostError `ERR_POLICY_DENIED`, `ERR_MODULE_KIND`
 * for a provider, EngineError for a module that cannot run here.
 */
export async function loadActorModule(
  wasm: Uint8Array,
  options: LoadOptions,
): Promise<ActorModule> {
  const { claims, token } = await verifyActor(wasm, { now: options.now })
  requireMayLoad(options.authorizer, claims)
  if (claims.isProvider) {
    throw new HostError(
      'ERR_MODULE_KIND',
      { module: claims.subject, wanted: 'actor' },
      `${claims.name ?? claims.subject} is a portable provider, not an actor`,
    )
  }
  let module: ActorModule | undefined
  const guest = await loadGuest(wasm, {
    limits: options.limits,
    scheduler: options.scheduler,
    signal: options.signal,
    log: (text) => options.log.debug('actor console', { actor: claims.subject, text }),
    hostCall: (call) => {
      if (!module || call.context === undefined) throw startingError(claims, call)
      return options.hostCall(module, call)
    },
  })
  try {
    const dialect = await findDialect(guest, claims)
    module = new ActorModule(claims, token, guest, dialect)
    return module
  } catch (error) {
    await guest[Symbol.asyncDispose]()
    throw error
  }
}

/** Nothing is called on behalf of an instance that starts, or of a probe: neither has a caller. */
function startingError(claims: ActorClaims, call: HostCall): HostError {
  return new HostError(
    'ERR_NOT_LINKED',
    {
      actor: claims.subject,
      contractId: call.namespace,
      linkName: call.linkName,
      operation: call.operation,
    },
    `${claims.name ?? claims.subject} called ${call.namespace} while it was starting`,
  )
}

/** How a module puts operations on the wire: read off its imports and exports, or probed at most twice. */
export async function findDialect(guest: Guest, claims: ActorClaims): Promise<Dialect> {
  let found: Detection = detectDialect({
    imports: guest.facts.imports,
    exports: guest.facts.exports,
    contracts: claims.contracts,
  })
  while ('probe' in found) {
    const { operation, payload, interpret } = found.probe
    try {
      found = interpret({ reply: await guest.call(operation, payload) })
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      found = interpret({ error: error.message })
    }
  }
  return found.dialect
}
