import { performance } from 'node:perf_hooks'
import { entityUrl, type Invocation, invocationHash } from '../contracts/index.ts'
import { type KeyPair, SigningError, signToken, verifyToken } from '../signing/index.ts'
import { LatticeError } from './errors.ts'
import { ReplayGuard } from './replay-guard.ts'

/** What the token of an invocation speaks for. */
export type InvocationFacts = Pick<Invocation, 'id' | 'origin' | 'target' | 'operation' | 'msg'>

/** Who may sign invocations, and what their times are judged by. */
export interface AntiforgeryOptions {
  /** A cluster key, `C…`: what this host signs with. */
  readonly clusterKey: KeyPair
  /** Further cluster keys whose invocations are accepted. The host's own always is. */
  readonly clusterIssuers?: readonly string[]
  /** The wall clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
}

/** How far the clock of a sender may be from ours, either way. */
const windowMs = 60_000

/** Invocations remembered at most; at two windows that is some 16,000 a second. */
const rememberedInvocations = 2_000_000

/**
 * Signs what leaves this host, and tells what really comes from a host of the lattice: a cluster key
 * that is known signed it, for this target, origin, operation and payload, a moment ago, and it was
 * not seen before. (wasmCloud's OTP host had the first of these; it looked at no time and remembered
 * nothing.)
 */
export class Antiforgery {
  readonly #key: KeyPair
  readonly #issuers: ReadonlySet<string>
  readonly #now: () => number
  readonly #replays: ReplayGuard

  constructor({ clusterKey, clusterIssuers = [], now = Date.now }: AntiforgeryOptions) {
    this.#key = clusterKey
    this.#issuers = new Set([clusterKey.publicKey, ...clusterIssuers])
    this.#now = now
    this.#replays = new ReplayGuard(2 * windowMs, rememberedInvocations, performance.now())
  }

  /**
   * The token to send with an invocation.
   *
   * @param facts With the whole payload, also where that travels apart.
   */
  sign(facts: InvocationFacts): Promise<string> {
    const { targetUrl, originUrl } = urlsOf(facts)
    return signToken(
      'invocation',
      { targetUrl, originUrl, hash: invocationHash(facts) },
      { issuer: this.#key, subject: facts.id },
      { now: new Date(this.#now()) },
    )
  }

  /**
   * Lets an invocation in, once.
   *
   * @param facts With the whole payload, also where that travelled apart.
   * @throws LatticeError `ERR_INVOCATION_REFUSED`
   */
  async verify(facts: InvocationFacts, token: string): Promise<void> {
    const claims = await this.#claims(token)
    const { issuer, issuedAt } = claims
    const { targetUrl, originUrl } = urlsOf(facts)
    if (!this.#issuers.has(issuer)) {
      throw refused('issuer', facts, `${issuer} is no cluster key of this lattice`)
    }
    if (claims.subject !== facts.id)
      throw refused('id', facts, 'the token is of another invocation')
    if (claims.targetUrl !== targetUrl) throw refused('target', facts, 'it was sent elsewhere')
    if (claims.originUrl !== originUrl) throw refused('origin', facts, 'it is of another origin')
    if (claims.hash !== invocationHash(facts))
      throw refused('hash', facts, 'it is not what was signed')
    const offMs = this.#now() - (issuedAt?.getTime() ?? 0)
    if (Math.abs(offMs) > windowMs) {
      const off = `${Math.round(Math.abs(offMs) / 1000)} s ${offMs > 0 ? 'ago' : 'in the future'}`
      throw refused('time', facts, `it was signed ${off}; see that the hosts' clocks agree`)
    }
    // The signature is all that matters of a token, and cannot be written in two ways.
    const mark = token.slice(-24)
    const admitted = this.#replays.admit(mark, performance.now())
    if (admitted === 'seen') throw refused('replay', facts, 'it was received before')
    if (admitted === 'full') throw refused('replay', facts, 'too many at a time to remember')
  }

  async #claims(token: string): Promise<Awaited<ReturnType<typeof verify>>> {
    try {
      return await verify(token, new Date(this.#now()))
    } catch (cause) {
      if (!(cause instanceof SigningError)) throw cause
      const { code, message: reason } = cause as SigningError
      throw new LatticeError(
        'ERR_INVOCATION_REFUSED',
        { check: timeCodes.has(code) ? 'time' : 'token', reason },
        `the token of an invocation does not hold: ${reason}`,
        { cause },
      )
    }
  }
}

const timeCodes: ReadonlySet<string> = new Set(['ERR_CLAIMS_EXPIRED', 'ERR_CLAIMS_NOT_YET_VALID'])

async function verify(
  token: string,
  now: Date,
): Promise<Awaited<ReturnType<typeof verifyToken<'invocation'>>>['claims']> {
  const { claims } = await verifyToken('invocation', token, { now })
  return claims
}

function urlsOf({ origin, target, operation }: InvocationFacts): {
  originUrl: string
  targetUrl: string
} {
  return { originUrl: entityUrl(origin), targetUrl: `${entityUrl(target)}/${operation}` }
}

function refused(
  check: 'issuer' | 'id' | 'target' | 'origin' | 'hash' | 'time' | 'replay',
  { id }: InvocationFacts,
  reason: string,
): LatticeError<'ERR_INVOCATION_REFUSED'> {
  const message = `invocation ${JSON.stringify(id.slice(0, 64))} is refused: ${reason}`
  return new LatticeError('ERR_INVOCATION_REFUSED', { check, reason }, message)
}
