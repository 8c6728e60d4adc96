import type { ActorClaims, ProviderClaims } from '../signing/index.ts'
import { HostError } from './errors.ts'

/** A yes, or a no with its reason. */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: string }

/**
 * What an operator allows beyond what claims allow. It can only take away: signatures, hashes and
 * claims are checked before, whatever it says.
 *
 * `mayLoad` is asked once a module, `mayLink` once a link, `mayCall` once for each pair of actors.
 */
export interface Authorizer {
  mayLoad(claims: ActorClaims): Verdict
  mayLink(claims: ActorClaims, contractId: string, linkName: string): Verdict
  mayCall(caller: ActorClaims, target: ActorClaims): Verdict
  /** Asked once for each provider archive. Default: it may. */
  mayServe?(claims: ProviderClaims): Verdict
}

const yes: Verdict = { ok: true }
const no = (reason: string): Verdict => ({ ok: false, reason })

/**
 * Asks whether a signed module or archive may run.
 *
 * @throws HostError `ERR_POLICY_DENIED`
 */
export function requireMayLoad(authorizer: Authorizer, claims: ActorClaims | ProviderClaims): void {
  const verdict =
    'contractId' in claims ? (authorizer.mayServe?.(claims) ?? yes) : authorizer.mayLoad(claims)
  if (verdict.ok) return
  throw new HostError(
    'ERR_POLICY_DENIED',
    { actor: claims.subject, reason: verdict.reason },
    `${claims.name ?? claims.subject} may not run here: ${verdict.reason}`,
  )
}

/** The rules of the stock authorizer. */
export interface Policy {
  /** Account keys (`A…`) whose actors and provider archives may run. Default: any. */
  readonly issuers?: readonly string[]
  /** Contract ids that actors may be linked to. Default: any. */
  readonly contracts?: readonly string[]
  /**
   * Which actors may call each other: those signed by the same issuer, any, or none.
   * Default: `same-issuer`.
   */
  readonly actorCalls?: 'same-issuer' | 'any' | 'none'
}

/** Makes the stock authorizer of a policy. */
export function policyAuthorizer(policy: Policy = {}): Authorizer {
  const issuers = policy.issuers && new Set(policy.issuers)
  const contracts = policy.contracts && new Set(policy.contracts)
  const actorCalls = policy.actorCalls ?? 'same-issuer'
  const trusts = ({ issuer }: { readonly issuer: string }): Verdict =>
    issuers && !issuers.has(issuer) ? no(`its issuer ${issuer} is not trusted`) : yes
  return {
    mayLoad: trusts,
    mayServe: trusts,
    mayLink: (_claims, contractId) =>
      contracts && !contracts.has(contractId)
        ? no(`contract ${contractId} is not one that this host offers`)
        : yes,
    mayCall: (caller, target) => {
      if (actorCalls === 'any') return yes
      if (actorCalls === 'none') return no('actors may not call each other on this host')
      return caller.issuer === target.issuer
        ? yes
        : no(`${target.subject} has another issuer (${target.issuer}) than the caller`)
    },
  }
}
