import { contractForId, type Dialect } from '../../contracts/index.ts'
import type { ProviderCall, ProviderLink } from '../../host/index.ts'

type Ask = (operation: string, request: unknown, call: ProviderCall) => Promise<unknown>

const dialects: readonly Dialect[] = ['A', 'B', 'C', 'D', 'E']

/**
 * The operations of a link whose provider is elsewhere: those of the contract that the provider says it
 * has, or for a contract of its own, every one there may be.
 */
export function linkOperations(
  contractId: string,
  offered: readonly string[] | null,
  ask: Ask,
): ProviderLink['operations'] {
  const contract = contractForId(contractId)
  const operation =
    (name: string) =>
    (request: unknown, call: ProviderCall): Promise<unknown> =>
      ask(name, request, call)
  if (contract) {
    const names = new Set(
      dialects.flatMap((each) =>
        [...(contract.dialect(each)?.toProvider.keys() ?? [])].flatMap(
          (wireName) => contract.dialect(each)?.toProvider.get(wireName)?.operation ?? [],
        ),
      ),
    )
    const served = [...names].filter((name) => offered?.includes(name) !== false)
    return Object.fromEntries(served.map((name) => [name, operation(name)])) as never
  }
  if (offered) return Object.fromEntries(offered.map((name) => [name, operation(name)])) as never
  const made = (_target: object, name: string | symbol): unknown =>
    typeof name === 'string' ? operation(name) : undefined
  return new Proxy<ProviderLink['operations']>({}, { get: made })
}
