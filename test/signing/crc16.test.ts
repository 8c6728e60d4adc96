import { randomBytes } from 'node:crypto'
import test from 'ava'
import { crc16 } from '../../signing/crc16.ts'

/** The definition, bit by bit, with no table. */
function slowCrc16(bytes: Uint8Array): number {
  let register = 0
  for (const byte of bytes)
    for (let bit = 7; bit >= 0; bit--) {
      const out = (register >>> 15) ^ ((byte >>> bit) & 1)
      register = (register << 1) & 0xffff
      if (out) register ^= 0x1021
    }
  return register
}

// the check value of CRC-16/XMODEM and others that implementations publish
const published: [text: string, crc: number][] = [
  ['', 0x0000],
  ['abc', 0x9dd6],
  ['123456789', 0x31c3],
]

for (const [text, crc] of published)
  test(`crc16 - of ${JSON.stringify(text)} is the published value`, (t) => {
    t.is(crc16(Buffer.from(text)), crc)
  })

test('crc16 - agrees with the bitwise definition', (t) => {
  for (let length = 0; length < 200; length++) {
    const bytes = randomBytes(length)
    t.is(crc16(bytes), slowCrc16(bytes), bytes.toString('hex'))
  }
})
