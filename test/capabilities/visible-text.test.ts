import test from 'ava'
import { visibleText } from '../../capabilities/visible-text.ts'

const hostile: [string, string, string][] = [
  ['a colour', '\u001b[31mred\u001b[0m', '\\x1b[31mred\\x1b[0m'],
  ['a window title', '\u001b]0;pwned\u0007', '\\x1b]0;pwned\\x07'],
  ['a link', '\u001b]8;;http://a\u001b\\b', '\\x1b]8;;http://a\\x1b\\b'],
  ['an eight-bit CSI', '\u009b2J', '\\x9b2J'],
  ['a forged line', 'ok\r\n12:00 error forged', 'ok\\x0d\\x0a12:00 error forged'],
  ['a NUL, a tab, a backspace, DEL', '\0\t\b\u007f', '\\x00\\x09\\x08\\x7f'],
  ['NEL and line separators', 'a\u0085b\u2028c\u2029d', 'a\\x85b\\u{2028}c\\u{2029}d'],
  ['text turned round', 'a\u202egnp.exe\u2066b', 'a\\u{202e}gnp.exe\\u{2066}b'],
  ['marks of direction', '\u200e\u200f\u061c', '\\u{200e}\\u{200f}\\u{061c}'],
  ['a byte order mark', '\ufeffa\u200bb', '\\u{feff}a\\u{200b}b'],
  ['lone surrogates', 'a\ud800b\udc00', 'a\\u{d800}b\\u{dc00}'],
  ['invisible tags', 'a\u{e0041}', 'a\\u{e0041}'],
]
for (const [title, text, expected] of hostile) {
  test(`visibleText - escapes ${title}`, (t) => {
    t.is(visibleText(text, 1000), expected)
    t.is(visibleText(text, 64), expected)
  })
}

test('visibleText - leaves text of every script and emoji as they are', (t) => {
  for (const text of [
    '',
    'Ωμέγα',
    '田中さん',
    'ﷺ',
    '👩‍👩‍👦',
    'שלום',
    'क्‍ष',
    '{"a":"\\n"}',
    '％００',
  ]) {
    t.is(visibleText(text, 1000), text)
  }
})

test('visibleText - writes every control of C0 and C1 as \\xNN', (t) => {
  for (let code = 0; code < 0x100; code++) {
    const control = code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0xad
    const hex = `\\x${code.toString(16).padStart(2, '0')}`
    t.is(visibleText(String.fromCharCode(code), 100), control ? hex : String.fromCharCode(code))
  }
})

for (const [unit, title] of [
  ['a', 'ASCII'],
  ['€', 'three bytes'],
  ['😀', 'surrogate pairs'],
  ['\n', 'escapes'],
  ['\u202e', 'long escapes'],
  ['a😀\n', 'a mixture'],
] as const) {
  test(`visibleText - cuts ${title} to size, between characters, and says so`, (t) => {
    const whole = visibleText(unit, 100)
    for (let maxBytes = 64; maxBytes < 96; maxBytes++) {
      const text = unit.repeat(1000)
      const shown = visibleText(text, maxBytes)
      t.true(Buffer.byteLength(shown) <= maxBytes)
      t.true(shown.endsWith(` [cut, ${Buffer.byteLength(text)} bytes in all]`))
      const kept = shown.slice(0, shown.indexOf(' [cut'))
      t.true(visibleText(text, 100_000).startsWith(kept))
      t.true(kept.isWellFormed())
      t.true(whole.length > 1 || kept.length > 0)
    }
  })
}

test('visibleText - keeps what fits exactly', (t) => {
  t.is(visibleText('a'.repeat(8192), 8192), 'a'.repeat(8192))
  t.regex(visibleText('a'.repeat(8193), 8192), /^a{8161} \[cut, 8193 bytes in all\]$/)
})
