import { guestError } from './abi'
import { codeUnit } from './utf8'

const TEXT = memory.data(512)
/** Where the message must end, so that a place in a file still fits behind it. */
const MESSAGE_END = TEXT + 320
const FILE_END = TEXT + 480

/**
 * What `throw`, a failed assertion or an index out of bounds do: the host gets the text, then the
 * call traps. It allocates nothing, as it may be memory that ran out.
 *
 * The compiler is told to use it by `--use abort=<this file>/guestAbort`.
 */
export function guestAbort(
  message: string | null,
  fileName: string | null,
  line: u32,
  column: u32,
): void {
  let at = TEXT
  at = ascii(at, MESSAGE_END, message)
  at = ascii(at, FILE_END, '; ')
  at = ascii(at, FILE_END, fileName)
  at = ascii(at, FILE_END, ' (')
  at = decimal(at, line)
  at = ascii(at, FILE_END + 16, ',')
  at = decimal(at, column)
  at = ascii(at, FILE_END + 32, ')')
  guestError(TEXT, at - TEXT)
  unreachable()
}

function ascii(at: usize, end: usize, text: string | null): usize {
  if (!changetype<usize>(text)) return at
  const known = changetype<string>(text)
  for (let i = 0; i < known.length && at < end; i++) {
    const unit = codeUnit(known, i)
    store<u8>(at++, unit < 0x80 ? unit : 0x3f)
  }
  return at
}

function decimal(at: usize, value: u32): usize {
  let divisor: u32 = 1
  while (value / divisor >= 10) divisor *= 10
  while (divisor > 0) {
    store<u8>(at++, 0x30 + ((value / divisor) % 10))
    divisor /= 10
  }
  return at
}
