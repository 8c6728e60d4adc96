import { HostError } from './errors.ts'
import { contractOf } from './host-calls.ts'
import type { LinkDefinition } from './link-definition.ts'
import { type Authorizer, requireMayLoad } from './policy.ts'
import type { CapabilityProvider } from './provider.ts'

type Elsewhere = (key: string, contractId: string) => CapabilityProvider | undefined

/** The providers of a host by name. The first of a contract is what links get that name none. */
export class ProviderTable implements Iterable<CapabilityProvider> {
  readonly #authorizer: Authorizer
  readonly #elsewhere: Elsewhere
  #byName = new Map<string, CapabilityProvider>()

  /** @param elsewhere Providers that do not run here, by key. */
  constructor(authorizer: Authorizer, elsewhere: Elsewhere = () => undefined) {
    this.#authorizer = authorizer
    this.#elsewhere = elsewhere
  }

  [Symbol.iterator](): Iterator<CapabilityProvider> {
    return this.#byName.values()
  }

  /** @throws HostError `ERR_PROVIDER_EXISTS`, `ERR_POLICY_DENIED` */
  add(provider: CapabilityProvider): void {
    this.#requireAdmissible(provider)
    this.#byName.set(provider.name, provider)
  }

  delete({ name }: CapabilityProvider): void {
    this.#byName.delete(name)
  }

  /** @throws HostError `ERR_PROVIDER_NOT_FOUND` */
  find(name: string): CapabilityProvider {
    return this.#byName.get(name) ?? notFound(name, [...this.#byName.keys()])
  }

  /**
   * The provider that a definition means.
   *
   * @throws HostError `ERR_PROVIDER_NOT_FOUND`, with the names of those that serve the contract
   */
  choose({
    contractId,
    provider: name,
  }: Pick<LinkDefinition, 'contractId' | 'provider'>): CapabilityProvider {
    const contract = contractOf(contractId).name
    const serving = [...this].filter((provider) => provider.contract.name === contract)
    const chosen =
      name === undefined
        ? serving[0]
        : (this.#byName.get(name) ?? this.#elsewhere(name, contractId))
    if (chosen?.contract.name === contract) return chosen
    const known = serving.map((provider) => provider.name)
    if (name !== undefined && !chosen) return notFound(name, known, contractId)
    throw new HostError(
      'ERR_PROVIDER_NOT_FOUND',
      { provider: name ?? contractId, known },
      chosen
        ? `${chosen.name} serves ${chosen.contract.ids[0]}, not ${contractId}, which ${known.join(', ') || 'no provider of this host'} serves`
        : `no provider of this host serves ${contractId}`,
    )
  }

  /**
   * Whether one may take the place of another.
   *
   * @throws HostError `ERR_PROVIDER_EXISTS`, `ERR_POLICY_DENIED`, `ERR_PROVIDER_NOT_FOUND` if it serves
   * another contract
   */
  requireExchangeable(present: CapabilityProvider, next: CapabilityProvider): void {
    if (next.contract.name !== present.contract.name) {
      throw new HostError(
        'ERR_PROVIDER_NOT_FOUND',
        { provider: next.name, known: [] },
        `${next.name} serves ${next.contract.name}, ${present.name} serves ${present.contract.name}`,
      )
    }
    this.#requireAdmissible(next, present.name)
  }

  /** Puts one into the place of another. */
  exchange(present: CapabilityProvider, next: CapabilityProvider): void {
    const providers = [...this].map((provider) => (provider === present ? next : provider))
    this.#byName = new Map(providers.map((provider) => [provider.name, provider]))
  }

  #requireAdmissible({ name, claims }: CapabilityProvider, replaced?: string): void {
    // What was signed is asked about as actors are, whoever loaded it.
    if (claims) requireMayLoad(this.#authorizer, claims)
    if (name === replaced || !this.#byName.has(name)) return
    const message = `a provider named ${name} is already registered`
    throw new HostError('ERR_PROVIDER_EXISTS', { provider: name }, message)
  }
}

function notFound(name: string, known: readonly string[], contractId?: string): never {
  const there = known.join(', ') || 'none'
  const where = contractId === undefined ? 'there are' : `for ${contractId} there are`
  throw new HostError(
    'ERR_PROVIDER_NOT_FOUND',
    { provider: name, known },
    `no provider is named ${JSON.stringify(name)}; ${where} ${there}`,
  )
}
