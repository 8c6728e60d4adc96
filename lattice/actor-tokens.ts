import { HostError } from '../host/index.ts'
import { type ActorClaims, SigningError, verifyToken } from '../signing/index.ts'

const rememberedTokens = 4096

/**
 * Who an actor on another host is: its claims come with its calls as its issuer signed them, so that
 * nobody has to be believed. What was verified once is remembered; its times are looked at every time.
 */
export class ActorTokens {
  readonly #verified = new Map<string, ActorClaims>()
  readonly #now: () => number

  /** @param now The wall clock, in milliseconds since the epoch. Default `Date.now`. */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /**
   * @param actor The public key that the claims have to be of.
   * @throws HostError `ERR_POLICY_DENIED`; SigningError for claims that do not hold
   */
  async claimsOf(actor: string, token: string): Promise<ActorClaims> {
    if (token === '') throw denied(actor, 'its host did not send its claims')
    const claims = this.#verified.get(token) ?? (await this.#verify(token))
    if (claims.subject !== actor)
      throw denied(actor, 'the claims that came with it are not its own')
    const { expiresAt } = claims
    if (expiresAt && expiresAt.getTime() <= this.#now()) {
      throw new SigningError(
        'ERR_CLAIMS_EXPIRED',
        { subject: actor, expiredAt: expiresAt },
        `the claims of ${claims.name ?? actor} expired at ${expiresAt.toISOString()}`,
      )
    }
    return claims
  }

  async #verify(token: string): Promise<ActorClaims> {
    const { claims } = await verifyToken('actor', token, { now: new Date(this.#now()) })
    if (this.#verified.size >= rememberedTokens) this.#verified.clear()
    this.#verified.set(token, claims)
    return claims
  }
}

function denied(actor: string, reason: string): HostError<'ERR_POLICY_DENIED'> {
  const message = `${actor} may not call: ${reason}`
  return new HostError('ERR_POLICY_DENIED', { actor, reason }, message)
}
