/**
 * What a terminal, a pager or a reader would take for something else than text: controls (C0, C1,
 * DEL), line separators, bidirectional controls, lone surrogates, and characters that nobody sees
 * (joiners stay: several scripts need them).
 */
const hazard =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}\u00ad\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u

/**
 * Text of an actor's making, fit for a log line or an error message: hazards are written as `\xNN`
 * or `\u{NNNN}`, and what is longer than `maxBytes` of UTF-8 ends in a note that says so.
 *
 * @param maxBytes Of the result, the note among them. At least 64.
 */
export function visibleText(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes && !hazard.test(text)) return text
  let shown = ''
  let bytes = 0
  let cutAt = 0
  // Each UTF-16 unit comes to at least one byte: what lies beyond cannot fit.
  for (const character of text.slice(0, maxBytes + 1)) {
    const next = hazard.test(character) ? escaped(character) : character
    bytes += Buffer.byteLength(next)
    if (bytes > maxBytes) return shown.slice(0, cutAt) + cutNote(text)
    shown += next
    if (bytes <= maxBytes - longestNoteBytes) cutAt = shown.length
  }
  return shown
}

/** With as many digits as the length of a string can have. */
const longestNoteBytes = ' [cut, 1234567890 bytes in all]'.length

function cutNote(text: string): string {
  return ` [cut, ${Buffer.byteLength(text)} bytes in all]`
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex.padStart(4, '0')}}`
}
