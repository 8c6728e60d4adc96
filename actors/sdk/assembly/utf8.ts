/** Eight bytes at once: set where a byte is not ASCII. */
const NOT_ASCII: u64 = 0x8080808080808080

/** Says whether the bytes are well-formed UTF-8: no overlong forms, no surrogates. */
export function isUtf8(start: usize, length: i32): bool {
  let at = start
  const end = start + length
  while (at < end) {
    if (at + 8 <= end && !(load<u64>(at) & NOT_ASCII)) {
      at += 8
      continue
    }
    const first = <u32>load<u8>(at++)
    if (first < 0x80) continue
    if (first < 0xc2 || first > 0xf4) return false
    const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
    if (at + more > end) return false
    const second = <u32>load<u8>(at)
    if (first == 0xe0 && second < 0xa0) return false
    if (first == 0xed && second > 0x9f) return false
    if (first == 0xf0 && second < 0x90) return false
    if (first == 0xf4 && second > 0x8f) return false
    for (let i = 0; i < more; i++) {
      if ((load<u8>(at++) & 0xc0) != 0x80) return false
    }
  }
  return true
}

/** Decodes well-formed UTF-8. */
export function decodeUtf8(start: usize, length: i32): string {
  return String.UTF8.decodeUnsafe(start, length)
}

/** Says whether the bytes are exactly this ASCII text, without decoding them. */
export function equalsAscii(start: usize, length: i32, text: string): bool {
  if (length != text.length) return false
  const units = changetype<usize>(text)
  for (let i: usize = 0; i < <usize>length; i++) {
    if (<u32>load<u8>(start + i) != <u32>load<u16>(units + (i << 1))) return false
  }
  return true
}

/** As {@link equalsAscii}, with the letters A to Z and a to z taken as equal. */
export function equalsAsciiIgnoringCase(start: usize, length: i32, text: string): bool {
  if (length != text.length) return false
  const units = changetype<usize>(text)
  for (let i: usize = 0; i < <usize>length; i++) {
    if (lower(<u32>load<u8>(start + i)) != lower(<u32>load<u16>(units + (i << 1)))) return false
  }
  return true
}

function lower(unit: u32): u32 {
  return unit - 0x41 < 26 ? unit | 0x20 : unit
}
