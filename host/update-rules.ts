import type { Actor } from './actor.ts'
import type { ActorModule } from './actor-module.ts'
import { HostError } from './errors.ts'

/** What an update may do that is refused otherwise. */
export interface UpdateRules {
  /** The actor that is meant: public key, call alias or name. Default: whichever has the module's key. */
  readonly actor?: string
  /** Accept a revision that is not higher, as a development loop needs. Default: false. */
  readonly allowAnyRevision?: boolean
  /** Accept a module that another account signed. Default: false. */
  readonly allowAnyIssuer?: boolean
}

/**
 * Holds a new module against the actor that it is to replace.
 *
 * @throws HostError `ERR_UPDATE_REFUSED`
 */
export function refuseUpdate(actor: Actor, next: ActorModule, rules: UpdateRules): void {
  const present = actor.claims
  const revision = { present: present.revision ?? 0, next: next.claims.revision ?? 0 }
  const refuse = (reason: string): never => {
    throw new HostError(
      'ERR_UPDATE_REFUSED',
      { actor: actor.id, reason },
      `${actor.name} is not updated: ${reason}`,
    )
  }
  const names = [actor.id, actor.claims.callAlias, actor.name]
  if (rules.actor !== undefined && !names.includes(rules.actor)) {
    refuse(`the module is one of ${actor.name} (${actor.id}), not of ${rules.actor}`)
  }
  if (!rules.allowAnyIssuer && next.claims.issuer !== present.issuer) {
    refuse(`it was signed by ${next.claims.issuer}, the running module by ${present.issuer}`)
  }
  if (!rules.allowAnyRevision && revision.next <= revision.present) {
    refuse(`revision ${revision.next} is not higher than the running revision ${revision.present}`)
  }
  for (const link of actor.allLinks()) {
    if (!next.claimed.has(link.contract.name)) {
      refuse(`its claims do not name ${link.facts.contractId}, which the actor is linked to`)
    }
    if (!link.contract.dialect(next.dialect)) {
      refuse(`actors of dialect ${next.dialect} do not know ${link.facts.contractId}`)
    }
  }
}
