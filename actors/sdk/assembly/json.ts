import { Writer } from './writer'

/** Writes UTF-8 as a JSON string, quotes included, decoding nothing. */
export function writeJsonString(to: Writer, start: usize, length: i32): void {
  to.byte(0x22)
  let clean = start
  const end = start + length
  for (let at = start; at < end; at++) {
    const byte = <u32>load<u8>(at)
    if (byte >= 0x20 && byte != 0x22 && byte != 0x5c) continue
    to.raw(clean, <i32>(at - clean))
    escape(to, byte)
    clean = at + 1
  }
  to.raw(clean, <i32>(end - clean))
  to.byte(0x22)
}

/** A text as a JSON string, quotes included. */
export function quoteJson(text: string): string {
  let quoted = '"'
  let clean = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x20 && unit != 0x22 && unit != 0x5c) continue
    quoted +=
      text.substring(clean, i) +
      '\\u00' +
      String.fromCharCode(hexDigit(unit >> 4), hexDigit(unit & 15))
    clean = i + 1
  }
  return quoted + text.substring(clean) + '"'
}

function escape(to: Writer, byte: u32): void {
  to.byte(0x5c)
  if (byte < 0x20) {
    to.text('u00')
    to.byte(hexDigit(byte >> 4))
    byte = hexDigit(byte & 15)
  }
  to.byte(byte)
}

function hexDigit(value: u32): u32 {
  return value < 10 ? 0x30 + value : 0x57 + value
}
