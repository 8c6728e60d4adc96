/** Base32 as nkeys use it: RFC 4648 alphabet, upper case only, no padding, one text per value. */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const values = new Int8Array(128).fill(-1)
for (let value = 0; value < 32; value++) values[alphabet.charCodeAt(value)] = value

/** Encodes without padding. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let pending = 0
  let bits = 0
  for (const byte of bytes) {
    pending = ((pending << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(pending >>> bits) & 31]
    }
  }
  if (bits > 0) text += alphabet[(pending << (5 - bits)) & 31]
  return text
}

/**
 * Decodes strictly: `undefined` for lower case, padding, a length that no bytes encode to, and
 * left-over bits that are not zero, so that exactly one text decodes to any bytes.
 */
export function decodeBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8))
  let pending = 0
  let bits = 0
  let length = 0
  for (let index = 0; index < text.length; index++) {
    const value = values[text.charCodeAt(index)] ?? -1
    if (value < 0) return undefined
    pending = ((pending << 5) | value) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[length++] = (pending >>> bits) & 0xff
    }
  }
  if (bits >= 5 || (pending & ((1 << bits) - 1)) !== 0) return undefined
  return bytes
}
