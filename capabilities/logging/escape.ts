/** Makes an actor's text safe for a terminal and for one line of a log. */

/** Longest line, in UTF-8 bytes, what says that it was cut included. */
export const maxLineBytes = 8192

/** Control characters (C0, delete, C1), line separators, and what turns the direction of text. */
const unsafe = /[\0-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/**
 * Writes unsafe characters as `\xNN` (above U+00FF as `\u{NNNN}`), lone surrogates as U+FFFD, and cuts
 * what makes the line longer than {@link maxLineBytes}.
 */
export function escapeLine(text: string): string {
  // Nothing of what lies beyond the bound is looked at: the text may be as long as a payload.
  const start = text.length > maxLineBytes ? text.slice(0, maxLineBytes) : text
  const escaped = start.toWellFormed().replaceAll(unsafe, escapeCharacter)
  if (start === text && Buffer.byteLength(escaped) <= maxLineBytes) return escaped
  const note = `… (cut, ${text.length} characters in all)`
  return `${cut(escaped, maxLineBytes - Buffer.byteLength(note))}${note}`
}

function escapeCharacter(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16)
  return hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`
}

/** The first `bytes` bytes of a text's UTF-8, less what would be part of a character. */
function cut(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes))
  return text.slice(0, read)
}
