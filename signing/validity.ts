/** When claims hold: expiry, not-before and issue time against a clock. */

import { SigningError } from './errors.ts'

/** The clock to judge by, and how far it may be off. */
export interface ValidityOptions {
  /** Default: the system's clock. */
  readonly now?: Date
  /**
   * Clock difference to put up with, in seconds, for expiry, not-before and issue time alike.
   * Default: 0 for expiry, so that nothing outlives its claims, and 60 for the other two.
   */
  readonly leewaySeconds?: number
}

/** The claims that say when a token holds. Each one that is absent limits nothing. */
export interface ValidityPeriod {
  readonly subject: string
  readonly issuedAt?: Date
  readonly expiresAt?: Date
  readonly notBefore?: Date
}

const defaultNotBeforeLeewaySeconds = 60

/**
 * What is wrong with the time, if anything. A token is expired from `expiresAt` on, and good from
 * `notBefore` on; one issued in the future is not yet good. Cheap: call it at every use of
 * claims, not only when they are loaded.
 *
 * @returns SigningError `ERR_CLAIMS_EXPIRED` or `ERR_CLAIMS_NOT_YET_VALID`
 * @see RFC 7519, 4.1.4 to 4.1.6
 */
export function validityFailure(
  period: ValidityPeriod,
  options: ValidityOptions = {},
): SigningError | undefined {
  const now = (options.now ?? new Date()).getTime()
  const { subject, expiresAt } = period
  if (expiresAt && now >= expiresAt.getTime() + (options.leewaySeconds ?? 0) * 1000)
    return new SigningError(
      'ERR_CLAIMS_EXPIRED',
      { subject, expiredAt: expiresAt },
      `the claims of ${subject} expired at ${expiresAt.toISOString()}`,
    )
  const leewayMs = (options.leewaySeconds ?? defaultNotBeforeLeewaySeconds) * 1000
  for (const claim of ['nbf', 'iat'] as const) {
    const validFrom = claim === 'nbf' ? period.notBefore : period.issuedAt
    if (validFrom === undefined || now >= validFrom.getTime() - leewayMs) continue
    return new SigningError(
      'ERR_CLAIMS_NOT_YET_VALID',
      { subject, claim, validFrom },
      `the claims of ${subject} are not valid before ${validFrom.toISOString()}`,
    )
  }
  return undefined
}

/**
 * Throws what {@link validityFailure} returns.
 *
 * @throws SigningError `ERR_CLAIMS_EXPIRED`, `ERR_CLAIMS_NOT_YET_VALID`
 */
export function checkValidity(period: ValidityPeriod, options?: ValidityOptions): void {
  const failure = validityFailure(period, options)
  if (failure) throw failure
}
