import { randomBytes } from 'node:crypto'
import test from 'ava'
import { decodeBase32, encodeBase32 } from '../../signing/base32.ts'

// RFC 4648, section 10, less the padding
const published: [text: string, encoded: string][] = [
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
]

for (const [text, encoded] of published)
  test(`base32 - ${JSON.stringify(text)} is ${JSON.stringify(encoded)}`, (t) => {
    t.is(encodeBase32(Buffer.from(text)), encoded)
    t.deepEqual(Buffer.from(decodeBase32(encoded) ?? 'undecoded'), Buffer.from(text))
  })

test('base32 - gives back random bytes of every length', (t) => {
  for (let length = 0; length < 100; length++) {
    const bytes = new Uint8Array(randomBytes(length))
    t.deepEqual(decodeBase32(encodeBase32(bytes)), bytes)
  }
})

const refused: [why: string, text: string][] = [
  ['lower case', 'mzxw6'],
  ['padding', 'MY======'],
  ['a digit outside the alphabet', 'MZXW1'],
  ['a space', 'MZ XW6'],
  ['a newline at the end', 'MZXW6\n'],
  ['a letter beyond ASCII', 'MZXWÄ'],
  ['a letter that upper-cases into the alphabet', 'MZXWı'],
  ['one character', 'M'],
  ['one character of no bits', 'A'],
  ['three characters of no bits', 'AAA'],
  ['three characters', 'MZX'],
  ['six characters', 'MZXW6Y'],
  ['left-over bits in two characters', 'MZ'],
  ['left-over bits in seven characters', 'MZXW6YR'],
]

for (const [why, text] of refused)
  test(`decodeBase32 - refuses ${why}`, (t) => {
    t.is(decodeBase32(text), undefined)
  })
