import { isAscii } from './bytes'

/** Says whether the bytes are well-formed UTF-8: no overlong forms, no surrogates. */
export function isUtf8(start: usize, length: i32): bool {
  if (isAscii(start, length)) return true
  let at = start
  const end = start + length
  while (at < end) {
    const first = <u32>load<u8>(at++)
    if (first < 0x80) continue
    if (first < 0xc2 || first > 0xf4) return false
    const more: usize = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
    if (at + more > end) return false
    const second = <u32>load<u8>(at)
    if (first == 0xe0 && second < 0xa0) return false
    if (first == 0xed && second > 0x9f) return false
    if (first == 0xf0 && second < 0x90) return false
    if (first == 0xf4 && second > 0x8f) return false
    for (let i: usize = 0; i < more; i++) {
      if ((load<u8>(at++) & 0xc0) != 0x80) return false
    }
  }
  return true
}

/** Decodes UTF-8. Where it is not well-formed the result is U+FFFD alone. */
export function decodeUtf8(start: usize, length: i32): string {
  if (!isUtf8(start, length)) return '\u{fffd}'
  let units: usize = 0
  const end = start + length
  for (let at = start; at < end; at++) {
    const byte = <u32>load<u8>(at)
    units += usize((byte & 0xc0) != 0x80) + usize(byte >= 0xf0)
  }
  const text = changetype<string>(__new(units << 1, idof<string>()))
  let to = changetype<usize>(text)
  let at = start
  while (at < end) {
    let point = <u32>load<u8>(at++)
    if (point >= 0x80) {
      const more = point < 0xe0 ? 1 : point < 0xf0 ? 2 : 3
      point &= 0x3f >> more
      for (let i = 0; i < more; i++) point = (point << 6) | (load<u8>(at++) & 0x3f)
      if (point >= 0x10000) {
        point -= 0x10000
        store<u16>(to, 0xd800 | (point >> 10))
        to += 2
        point = 0xdc00 | (point & 0x3ff)
      }
    }
    store<u16>(to, point)
    to += 2
  }
  return text
}

/**
 * Writes a text as UTF-8; half a surrogate pair becomes U+FFFD.
 *
 * @param to has room for three bytes for each unit of the text
 * @returns where the text ends
 */
export function encodeUtf8(text: string, to: usize): usize {
  const length = text.length
  for (let i = 0; i < length; i++) {
    let point = codeUnit(text, i)
    if (point < 0x80) {
      store<u8>(to++, point)
      continue
    }
    if (point >> 11 == 0x1b) {
      const next = i + 1 < length ? codeUnit(text, i + 1) : 0
      if (point < 0xdc00 && next >> 10 == 0x37) {
        point = 0x10000 + ((point & 0x3ff) << 10) + (next & 0x3ff)
        i += 1
      } else point = 0xfffd
    }
    let shift: u32 = point < 0x800 ? 6 : point < 0x10000 ? 12 : 18
    store<u8>(to++, (shift == 6 ? 0xc0 : shift == 12 ? 0xe0 : 0xf0) | (point >> shift))
    while (shift > 0) {
      shift -= 6
      store<u8>(to++, 0x80 | ((point >> shift) & 0x3f))
    }
  }
  return to
}

/** Says whether the bytes are exactly this ASCII text, without decoding them. */
export function equalsAscii(start: usize, length: i32, text: string): bool {
  if (length != text.length) return false
  for (let i = 0; i < length; i++) {
    if (<u32>load<u8>(start + i) != codeUnit(text, i)) return false
  }
  return true
}

/** As {@link equalsAscii}, with the letters A to Z and a to z taken as equal. */
export function equalsAsciiIgnoringCase(start: usize, length: i32, text: string): bool {
  if (length != text.length) return false
  for (let i = 0; i < length; i++) {
    if (lower(load<u8>(start + i)) != lower(codeUnit(text, i))) return false
  }
  return true
}

/** As `charCodeAt`, which checks bounds that the callers here know. */
export function codeUnit(text: string, index: i32): u32 {
  return load<u16>(changetype<usize>(text) + ((<usize>index) << 1))
}

function lower(unit: u32): u32 {
  return unit - 0x41 < 26 ? unit | 0x20 : unit
}
