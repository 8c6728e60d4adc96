// A few bytes at a time: `memory.copy` and `memory.compare` cost more than most texts are long.

/** As `memory.copy`. */
export function copyBytes(to: usize, from: usize, length: i32): void {
  if (length > 64) memory.copy(to, from, length)
  else if (length >= 8) {
    const last = length - 8
    const tail = load<u64>(from + last)
    for (let i = 0; i < last; i += 8) store<u64>(to + i, load<u64>(from + i))
    store<u64>(to + last, tail)
  } else if (length >= 4) {
    const last = length - 4
    const tail = load<u32>(from + last)
    store<u32>(to, load<u32>(from))
    store<u32>(to + last, tail)
  } else for (let i = 0; i < length; i++) store<u8>(to + i, load<u8>(from + i))
}

/** Says whether the bytes at two places are the same. */
export function sameBytes(one: usize, other: usize, length: i32): bool {
  if (length >= 8) {
    const last = length - 8
    for (let i = 0; i < last; i += 8) {
      if (load<u64>(one + i) != load<u64>(other + i)) return false
    }
    return load<u64>(one + last) == load<u64>(other + last)
  }
  if (length >= 4) {
    const last = length - 4
    return load<u32>(one) == load<u32>(other) && load<u32>(one + last) == load<u32>(other + last)
  }
  for (let i = 0; i < length; i++) {
    if (load<u8>(one + i) != load<u8>(other + i)) return false
  }
  return true
}

/** Says whether no byte has its highest bit set. */
export function isAscii(start: usize, length: i32): bool {
  let seen: u64 = 0
  if (length >= 8) {
    const last = length - 8
    for (let i = 0; i < last; i += 8) seen |= load<u64>(start + i)
    seen |= load<u64>(start + last)
  } else if (length >= 4) seen = load<u32>(start) | load<u32>(start + length - 4)
  else for (let i = 0; i < length; i++) seen |= load<u8>(start + i)
  return !(seen & 0x8080808080808080)
}
