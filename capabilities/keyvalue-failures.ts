/** What every key-value provider refuses, and in which words. */
import { CapabilityError } from './errors.ts'
import { visibleText } from './visible-text.ts'

/**
 * Items of a list or set that one answer holds: about what can be gathered and written in the few
 * milliseconds that a call may hold up every other. Codecs take no more of them in a request either.
 */
export const maxAnswerItems = 65_536

/** Bytes of a list or of sets that one answer holds: what the host can have in memory many times. */
export const maxAnswerBytes: number = 64 * 1024 * 1024

/** Bytes of a key that an error message shows. */
const shownKeyBytes = 128

const named = { text: 'text', list: 'a list', set: 'a set', other: 'something else' } as const

/** What a key may hold. `other` is what only other programs put there. */
export type HeldKind = keyof typeof named

/** The key holds another kind of value than the operation works on. */
export function keyTypeError(
  key: string,
  holds: HeldKind,
  wanted: HeldKind,
): CapabilityError<'ERR_KEY_TYPE'> {
  return new CapabilityError(
    'ERR_KEY_TYPE',
    { key, holds },
    `key ${shownKey(key)} holds ${named[holds]}, not ${named[wanted]} (WRONGTYPE)`,
  )
}

/** `Add` on text that is no integer. */
export function notAnIntegerError(key: string): CapabilityError<'ERR_NOT_AN_INTEGER'> {
  return new CapabilityError(
    'ERR_NOT_AN_INTEGER',
    { key },
    `the value of key ${shownKey(key)} is not an integer`,
  )
}

/** A sum that actors cannot be told. */
export function integerOverflowError(
  key: string,
  added: number,
): CapabilityError<'ERR_INTEGER_OVERFLOW'> {
  return new CapabilityError(
    'ERR_INTEGER_OVERFLOW',
    { key },
    `adding ${added} to key ${shownKey(key)} leaves the signed 32-bit integers`,
  )
}

/** @throws CapabilityError `ERR_STORE_LIMIT` if an answer would hold too many items */
export function checkAnswerItems(items: number): void {
  if (items <= maxAnswerItems) return
  throw new CapabilityError(
    'ERR_STORE_LIMIT',
    { limit: 'ANSWER_ITEMS', wanted: items, allowed: maxAnswerItems },
    `an answer of ${items} items, more than the ${maxAnswerItems} of one answer`,
  )
}

/** An answer would be larger than one may be. */
export function answerBytesError(bytes: number): CapabilityError<'ERR_STORE_LIMIT'> {
  return new CapabilityError(
    'ERR_STORE_LIMIT',
    { limit: 'ANSWER_BYTES', wanted: bytes, allowed: maxAnswerBytes },
    `an answer of ${bytes} bytes, more than the ${maxAnswerBytes} of one answer`,
  )
}

/** A store would be fuller than its link allows. */
export function storeLimitError(
  limit: 'MAX_KEYS' | 'MAX_BYTES' | 'MAX_VALUE_BYTES',
  wanted: number,
  allowed: number,
): CapabilityError<'ERR_STORE_LIMIT'> {
  return new CapabilityError(
    'ERR_STORE_LIMIT',
    { limit, wanted, allowed },
    `the key-value store would exceed ${limit}: ${wanted} of ${allowed}`,
  )
}

/**
 * Bytes of a key, value or item in UTF-8.
 *
 * @throws CapabilityError `ERR_STORE_LIMIT` if it is larger than `MAX_VALUE_BYTES`
 */
export function checkedBytes(text: string, maxValueBytes: number): number {
  const bytes = Buffer.byteLength(text)
  if (bytes > maxValueBytes) throw storeLimitError('MAX_VALUE_BYTES', bytes, maxValueBytes)
  return bytes
}

/**
 * Integers as Redis knows them: nothing around the digits, no plus, no leading zero.
 *
 * @throws CapabilityError `ERR_NOT_AN_INTEGER`
 */
export function integerAt(key: string, text: string): number {
  if (/^(?:0|-?[1-9]\d{0,18})$/.test(text)) return Number(text)
  throw notAnIntegerError(key)
}

function shownKey(key: string): string {
  return `"${visibleText(key, shownKeyBytes)}"`
}
