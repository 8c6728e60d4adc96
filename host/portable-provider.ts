import * as v from 'valibot'
import {
  type CapabilityDescriptor,
  type ContractDialect,
  ContractError,
  contractForId,
  type Dialect,
  type OperationTypes,
  providerHosting,
} from '../contracts/index.ts'
import { type ActorClaims, verifyActor } from '../signing/index.ts'
import { findDialect } from './actor-module.ts'
import {
  compileGuest,
  EngineError,
  type GuestModule,
  Scheduler,
  withDefaultLimits,
} from './engine/index.ts'
import { HostError } from './errors.ts'
import { eventReason } from './events.ts'
import type { ActorLimits } from './host-options.ts'
import { contractOf } from './host-calls.ts'
import { type ModuleSource, readModule } from './module-file.ts'
import { type Authorizer, type Policy, policyAuthorizer, requireMayLoad } from './policy.ts'
import { openPortableLink, type PortableModule } from './portable-link.ts'
import type { CapabilityProvider } from './provider.ts'
import type { StandardSchema } from './standard-schema.ts'
import { visibleText } from './visible-text.ts'

/** How a portable provider is loaded. Everything has a default. */
export interface PortableProviderOptions {
  /** What operators call it. Default: the name in its claims, or its key where they give none. */
  readonly name?: string
  /**
   * Limits of each instance, as of an actor's; each link has an instance, and `instances` bounds how
   * many links there may be.
   */
  readonly limits?: ActorLimits
  /** Whose modules may run. A host asks its own policy again when it is given the provider. */
  readonly policy?: Policy
  /** Takes the place of the stock one, and so of `policy`. */
  readonly authorizer?: Authorizer
  /** The one of the hosts that it will serve, so that it takes turns with their actors. Default: its own. */
  readonly scheduler?: Scheduler
  /** The wall clock that claims are judged by, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /** Gives the loading up. */
  readonly signal?: AbortSignal
}

/** A portable provider: whatever its contract, its operations are known by name only. */
export type PortableProvider = CapabilityProvider<Readonly<Record<string, string>>, OperationTypes>

/** Takes any text: only the module knows what its values are. */
const anyValues: StandardSchema<unknown, Readonly<Record<string, string>>> = v.record(
  v.string(),
  v.string('must be text; put it in quotes'),
)

/**
 * Loads a portable provider: a module that its claims say is a provider, and that runs in the same
 * engine as actors, under the same limits. It is checked as an actor is, then asked which contract it
 * serves: one of the stock contracts, or any other id, whose messages are then carried as they are.
 *
 * Each link has an instance of its own, which answers one call at a time and keeps its memory from
 * call to call. One that traps is replaced and bound to its actor again. Of WASI it may import
 * `fd_write`, whose text goes to the log, and `random_get`.
 *
 * @param source Bytes, or the path of a file.
 * @throws SigningError for claims that do not hold; HostError `ERR_MODULE_NOT_FOUND`,
 * `ERR_MODULE_KIND` for an actor, `ERR_POLICY_DENIED`, `ERR_PROVIDER_INVALID` if it does not say
 * which contract it serves; EngineError for a module that cannot run here
 */
export async function portableProvider(
  source: ModuleSource,
  options: PortableProviderOptions = {},
): Promise<PortableProvider> {
  const now = options.now ?? Date.now
  const wasm = await readModule(source)
  const { claims } = await verifyActor(wasm, { now: new Date(now()) })
  const name = options.name ?? (claims.name || claims.subject)
  if (!claims.isProvider) {
    throw new HostError(
      'ERR_MODULE_KIND',
      { module: claims.subject, wanted: 'provider' },
      `${name} is an actor, not a portable provider: its claims do not say that it is one`,
    )
  }
  requireMayLoad(options.authorizer ?? policyAuthorizer(options.policy), claims)
  const scheduler = options.scheduler ?? new Scheduler()
  const module = await compileGuest(wasm, {
    limits: withDefaultLimits(options.limits),
    wasi: true,
    signal: options.signal,
  })
  const { dialect, hosting, descriptor } = await describe(module, name, claims, scheduler)
  const contract = contractOf(descriptor.id)
  const codecs = contract.dialect(dialect)
  if (!codecs) throw invalid(name, `dialect ${dialect} has no contract ${descriptor.id}`)
  const isRaw = contractForId(descriptor.id) === undefined
  const facts = { name, claims, module, dialect, contract, isRaw, codecs }
  const shared: PortableModule = { ...facts, hosting, scheduler, now }
  let links = 0
  return {
    name,
    summary: visibleText(summaryOf(descriptor), 200),
    contract,
    configSchema: anyValues,
    claims,
    link: async (context) => {
      const most = module.limits.instances
      if (links >= most) throw new Error(`it has ${most} links, as many as its limits allow`)
      links += 1
      const closed = (): void => {
        links -= 1
      }
      try {
        return await openPortableLink(shared, context, closed)
      } catch (error) {
        closed()
        throw error
      }
    },
  }
}

interface Described {
  readonly dialect: Dialect
  readonly hosting: ContractDialect
  readonly descriptor: CapabilityDescriptor
}

/** Asks a provider what it is, on an instance that nothing else is asked of. */
async function describe(
  module: GuestModule,
  name: string,
  claims: ActorClaims,
  scheduler: Scheduler,
): Promise<Described> {
  await using guest = await module.open({
    scheduler,
    hostCall: ({ namespace }) => {
      throw new Error(`${name} called ${namespace} before it was linked`)
    },
  })
  const detected = await findDialect(guest, claims)
  const hosting = providerHosting.dialect(detected)
  const codec = hosting?.toActor.get('GetCapabilityDescriptor')
  if (!hosting || !codec) throw invalid(name, `dialect ${detected} had no portable providers`)
  let descriptor: CapabilityDescriptor
  try {
    const reply = await guest.call(codec.wireName, codec.encodeRequest({}))
    descriptor = codec.decodeResponse(reply) as CapabilityDescriptor
  } catch (cause) {
    if (!(cause instanceof EngineError || cause instanceof ContractError)) throw cause
    throw invalid(name, `asked for its descriptor, it failed: ${eventReason(cause).message}`, cause)
  }
  const { id } = descriptor
  if (id.length > 256 || !/^[^\s:]+(?::[^\s:]+)+$/.test(id)) {
    throw invalid(name, `${JSON.stringify(id.slice(0, 256))} is no contract id`)
  }
  return { dialect: spokenWith(id, detected), hosting, descriptor }
}

/** C and D differ in their contract ids, and hardly in what tells modules apart. */
function spokenWith(contractId: string, detected: Dialect): Dialect {
  if (detected !== 'C' && detected !== 'D') return detected
  if (contractId.startsWith('wasmcloud:')) return 'D'
  return contractId.startsWith('wascc:') ? 'C' : detected
}

function summaryOf({ name, version, id }: CapabilityDescriptor): string {
  return ['portable provider', name || id, version].filter((word) => word !== '').join(' ')
}

function invalid(
  provider: string,
  reason: string,
  cause?: Error,
): HostError<'ERR_PROVIDER_INVALID'> {
  return new HostError(
    'ERR_PROVIDER_INVALID',
    { provider, reason },
    `${provider} cannot serve as a provider: ${reason}`,
    { cause },
  )
}
