import type { ActorClaims } from '../signing/index.ts'
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
}

/**
 * Asks whether a signed module may run.
 *
 * @throws HostError `ERR_POLICY_DENIED`
 */
export function requireMayLoad(authorizer: Authorizer, claims: ActorClaims): void {
  const verdict = authorizer.mayLoad(claims)
  if (verdict.ok) return
  throw new HostError(
    'ERR_POLICY_DENIED',
    { actor: claims.subject, reason: verdict.reason },
    `${claims.name ?? claims.subject} may not run here: ${verdict.reason}`,
  )
}

/** The rules of the stock authorizer. */
export interface Policy {
  /** Account keys (`A…`) whose actors may run. Default: any. */
  readonly issuers?: readonly string[]
  /** Contract ids that actors may be linked to. Default: any. */
  readonly contracts?: readonly string[]
  /**
   * Which actors may call each other: those signed by the same issuer, any, or none.
   * Default: `same-issuer`.
   */
  readonly actorCalls?: 'same-issuer' | 'any' | 'none'
}

const yes: Verdict = { ok: true }
const no = (reason: string): Verdict => ({ ok: false, reason })

/** Makes the stock authorizer of a policy. */
export function policyAuthorizer(policy: Policy = {}): Authorizer {
  const issuers = policy.issuers && new Set(policy.issuers)
  const contracts = policy.contracts && new Set(policy.contracts)
  const actorCalls = policy.actorCalls ?? 'same-issuer'
  return {
    mayLoad: (claims) =>
      issuers && !issuers.has(claims.issuer)
        ? no(`its issuer ${claims.issuer} is not trusted`)
        : yes,
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
