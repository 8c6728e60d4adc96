import test from 'ava'
import { printable } from '../../cli/terminal.ts'

for (const code of [
  0x00, 0x08, 0x0a, 0x0d, 0x1b, 0x7f, 0x9b, 0xad, 0x061c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029,
  0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0xfeff,
]) {
  const hex = code.toString(16).padStart(4, '0')
  test(`printable - shows U+${hex.toUpperCase()} as an escape`, (t) => {
    t.is(printable(`a${String.fromCharCode(code)}b`), `a\\u${hex}b`)
  })
}

test('printable - leaves text of any script as it is', (t) => {
  for (const text of ['wash-ts', 'zähler', 'счётчик', 'عداد', '計数器', '🧮'])
    t.is(printable(text), text)
})
