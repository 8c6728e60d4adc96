/** Takes typed claims out of parsed JSON. A claim that is null is a claim that is absent. */

import { SigningError } from './errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from './strict-json.ts'

const maxDateSeconds = 8_640_000_000_000

/** One object of claims, and where it stands in the token. */
export class ClaimsReader {
  readonly #object: JsonObject
  readonly #path: string

  constructor(object: JsonObject, path = '') {
    this.#object = object
    this.#path = path
  }

  has(name: string): boolean {
    return name in this.#object
  }

  /** Reads an object of claims inside this one. */
  object(name: string): ClaimsReader {
    const value = this.value(name)
    if (!isJsonObject(value)) return this.invalid(name, 'not an object')
    return new ClaimsReader(value, `${this.#path}${name}.`)
  }

  string(name: string): string {
    return this.optionalString(name) ?? this.invalid(name, 'missing')
  }

  optionalString(name: string): string | undefined {
    const value = this.value(name)
    if (value === undefined || typeof value === 'string') return value
    return this.invalid(name, 'not a string')
  }

  /** A list of strings; empty if absent. */
  strings(name: string): string[] {
    const value = this.value(name) ?? []
    if (!Array.isArray(value)) return this.invalid(name, 'not a list')
    return value.map((item, index) =>
      typeof item === 'string' ? item : this.invalid(`${name}.${index}`, 'not a string'),
    )
  }

  /** An object whose values are all strings. */
  stringMap(name: string): Record<string, string> {
    const value = this.value(name)
    if (!isJsonObject(value)) return this.invalid(name, 'not an object')
    for (const [key, item] of Object.entries(value))
      if (typeof item !== 'string') this.invalid(`${name}.${key}`, 'not a string')
    return { ...value } as Record<string, string>
  }

  /** `false` if absent. */
  boolean(name: string): boolean {
    const value = this.value(name) ?? false
    return typeof value === 'boolean' ? value : this.invalid(name, 'not a boolean')
  }

  /** A whole number from `min` to `max`. */
  optionalInteger(name: string, min: number, max: number): number | undefined {
    const value = this.value(name)
    if (value === undefined) return undefined
    if (typeof value !== 'number' || !Number.isSafeInteger(value))
      return this.invalid(name, 'not a whole number')
    return value >= min && value <= max ? value : this.invalid(name, `not from ${min} to ${max}`)
  }

  /** A time in whole seconds since 1970, as every date in these tokens is. */
  optionalDate(name: string): Date | undefined {
    const seconds = this.optionalInteger(name, 0, maxDateSeconds)
    return seconds === undefined ? undefined : new Date(seconds * 1000)
  }

  /** An upper-case hex SHA-256. */
  sha256(name: string): string {
    const value = this.string(name)
    return /^[\dA-F]{64}$/u.test(value)
      ? value
      : this.invalid(name, 'not an upper-case hex SHA-256')
  }

  /** Whatever stands there; `undefined` if absent or null. */
  value(name: string): JsonValue | undefined {
    return this.#object[name] ?? undefined
  }

  /** @throws SigningError `ERR_CLAIMS_INVALID`, always */
  invalid(name: string, reason: string): never {
    return invalidClaim(this.#path + name, reason)
  }
}

/** @throws SigningError `ERR_CLAIMS_INVALID`, always. `claim` is the claim's path from the top */
export function invalidClaim(claim: string, reason: string): never {
  const message = `the claim ${JSON.stringify(claim)} is ${reason}`
  throw new SigningError('ERR_CLAIMS_INVALID', { claim, reason }, message)
}
