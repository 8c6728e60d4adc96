/** Token ids. */

import { randomBytes } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const length = 22

/** A new id: 22 base-62 characters like a NUID, but every one random (131 bits). */
export function makeTokenId(): string {
  let id = ''
  while (id.length < length) {
    for (const byte of randomBytes(length)) {
      // 248 is the largest multiple of 62 a byte reaches: what is above would favour the first letters
      if (byte < 248 && id.length < length) id += alphabet[byte % 62]
    }
  }
  return id
}
