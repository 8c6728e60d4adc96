import test from 'ava'
import { buildActor } from '../../support/actors.ts'
import { answer, BareGuest, refusal } from '../../support/bare-guest.ts'

const wasm = await buildActor('probe')

interface Accepted {
  readonly operation: string
  /** Every form of a value, the shortest first; the actor answers with the shortest. */
  readonly forms: readonly string[]
}

const long = (size: number): string => '61'.repeat(size)

const accepted: readonly Accepted[] = [
  { operation: 'Int', forms: ['00', 'cc00', 'cd0000', 'ce00000000', 'd000', 'd30000000000000000'] },
  { operation: 'Int', forms: ['7f', 'd07f', 'd1007f'] },
  { operation: 'Int', forms: ['cc80', 'cd0080', 'd10080'] },
  { operation: 'Int', forms: ['cd0100', 'ce00000100', 'd200000100'] },
  { operation: 'Int', forms: ['ce00010000', 'cf0000000000010000'] },
  { operation: 'Int', forms: ['cf0000000100000000', 'd30000000100000000'] },
  { operation: 'Int', forms: ['cf7fffffffffffffff', 'd37fffffffffffffff'] },
  { operation: 'Int', forms: ['ff', 'd0ff', 'd1ffff', 'd2ffffffff', 'd3ffffffffffffffff'] },
  { operation: 'Int', forms: ['e0', 'd0e0'] },
  { operation: 'Int', forms: ['d0df', 'd1ffdf'] },
  { operation: 'Int', forms: ['d080', 'd1ff80'] },
  { operation: 'Int', forms: ['d1ff7f', 'd2ffffff7f'] },
  { operation: 'Int', forms: ['d2ffff7fff', 'd3ffffffffffff7fff'] },
  { operation: 'Int', forms: ['d3ffffffff7fffffff'] },
  { operation: 'Int', forms: ['d38000000000000000'] },
  { operation: 'Uint', forms: ['cfffffffffffffffff'] },
  { operation: 'Uint', forms: ['05', 'cf0000000000000005'] },
  { operation: 'Float', forms: ['cb3ff8000000000000', 'ca3fc00000'] },
  { operation: 'Bool', forms: ['c3'] },
  { operation: 'Bool', forms: ['c2'] },
  { operation: 'String', forms: ['a0', 'd900', 'da0000', 'db00000000'] },
  { operation: 'String', forms: ['a161', 'd90161'] },
  { operation: 'String', forms: [`d920${long(32)}`, `da0020${long(32)}`] },
  { operation: 'String', forms: [`da0100${long(256)}`, `db00000100${long(256)}`] },
  { operation: 'String', forms: [`db00010000${long(65_536)}`] },
  // One character of each length, between ASCII on both sides; then 31 and 32 bytes of them.
  { operation: 'String', forms: ['ac61c3a9e282acf09f988061c3bf'.replace('c3bf', '7e')] },
  { operation: 'String', forms: [`bf${'e282ac'.repeat(10)}61`] },
  { operation: 'String', forms: [`d920${'f09f9880'.repeat(8)}`] },
  { operation: 'Text', forms: ['a0', 'd900'] },
  { operation: 'Text', forms: [`d921${'c3a9'.repeat(16)}61`] },
  { operation: 'Bytes', forms: ['c400', 'c50000', 'c600000000', 'a0'] },
  { operation: 'Bytes', forms: ['c402ff00', 'c50002ff00'] },
  { operation: 'Bytes', forms: [`c50100${long(256)}`, `c600000100${long(256)}`] },
  { operation: 'Bytes', forms: [`c600010000${long(65_536)}`] },
  { operation: 'Strings', forms: ['90', 'dc0000', 'dd00000000'] },
  { operation: 'Strings', forms: [`dc0010${'a161'.repeat(16)}`] },
  { operation: 'Strings', forms: [`dc0010${'a161'.repeat(16)}`, `dd00000010${'a161'.repeat(16)}`] },
]

for (const [index, { operation, forms }] of accepted.entries()) {
  test(`${operation} ${index} - every form gives the shortest`, (t) => {
    const guest = new BareGuest(wasm)

    for (const form of forms) t.is(answer(guest.call(operation, form)), forms[0] ?? '', form)
  })
}

test('binaryText - writes a text as the bytes of its UTF-8, in the shortest form', (t) => {
  const guest = new BareGuest(wasm)

  t.is(answer(guest.call('BinaryText', 'a0')), 'c400')
  t.is(answer(guest.call('BinaryText', 'a3e282ac')), 'c403e282ac')
  t.is(answer(guest.call('BinaryText', `da0100${long(256)}`)), `c50100${long(256)}`)
})

const refused: readonly (readonly [operation: string, payload: string, problem: string])[] = [
  ['Int', '', 'message ends early at byte 0'],
  ['Int', 'cd01', 'message ends early at byte 1'],
  ['Int', 'cf8000000000000000', 'integer out of range at byte 9'],
  ['Int', 'a131', 'expected an integer at byte 1'],
  ['Int', 'cb3ff0000000000000', 'expected an integer at byte 1'],
  ['Uint', 'ff', 'integer out of range at byte 1'],
  ['Float', '01', 'expected a float at byte 1'],
  ['Bool', 'c0', 'expected a boolean at byte 1'],
  ['String', 'c0', 'expected a string at byte 1'],
  ['String', 'c40161', 'expected a string at byte 1'],
  ['String', 'a261', 'message ends early at byte 1'],
  ['String', 'dbffffffff61', 'message ends early at byte 5'],
  ['Bytes', 'c0', 'expected bytes at byte 1'],
  ['Bytes', 'c6ffffffff', 'message ends early at byte 5'],
  ['Strings', '80', 'expected an array at byte 1'],
  ['Strings', 'ddffffffff', 'message ends early at byte 5'],
  ['Strings', '92a161', 'message ends early at byte 3'],
  ['Strings', '91c0', 'expected a string at byte 2'],
  ['Skip', '', 'message ends early at byte 0'],
  ['Skip', 'c1', 'byte that means nothing at byte 1'],
  ['Skip', '9191919191', 'message ends early at byte 5'],
  ['Skip', 'dfffffffff', 'message ends early at byte 5'],
  ['Skip', 'c9ffffffff01', 'message ends early at byte 5'],
  ['Skip', 'd8', 'message ends early at byte 1'],
]

for (const [operation, payload, problem] of refused) {
  test(`${operation} - refuses ${payload || 'nothing'}`, (t) => {
    t.is(
      refusal(new BareGuest(wasm).call(operation, payload)),
      `malformed ${operation}: ${problem}`,
    )
  })
}

const notUtf8 = [
  '80',
  'bf',
  'c0af',
  'c1bf',
  'c3',
  'c328',
  'e080af',
  'e282',
  'e28228',
  'eda080',
].concat(['edbfbf', 'f08080af', 'f4908080', 'f09f98', 'f5808080', 'ff', 'fe'])

for (const bytes of notUtf8) {
  test(`String - refuses ${bytes} as it is not UTF-8, wherever it stands`, (t) => {
    const guest = new BareGuest(wasm)
    for (let before = 0; before < 12; before++) {
      const text = `${long(before)}${bytes}${before % 2 ? long(9) : ''}`
      const head = (0xa0 | (text.length / 2)).toString(16)
      t.regex(refusal(guest.call('String', `${head}${text}`)), /string is not utf-8/u)
      t.regex(refusal(guest.call('Text', `${head}${text}`)), /string is not utf-8/u)
    }
  })
}

const whole = ['c0', 'c2', 'c3', '00', '7f', 'e0', 'ff', 'cc01', 'cd0102', 'ce01020304']
  .concat(['cf0102030405060708', 'd001', 'd10102', 'd201020304', 'd30102030405060708'])
  .concat(['ca01020304', 'cb0102030405060708', 'a0', 'a161', 'd90161', 'da000161', 'db0000000161'])
  .concat(['c40101', 'c5000101', 'c60000000101', '90', '9201a161', 'dc0002c0c0', 'dd00000001c0'])
  .concat(['80', '81a16101', 'de0001c0c0', 'df0000000101c0', 'd40101', 'd5010101', 'd60101010101'])
  .concat([`d701${'00'.repeat(8)}`, `d801${'00'.repeat(16)}`, 'c7020101ff', 'c800010101'])
  .concat(['c9000000010101', `${'91'.repeat(2000)}c0`, '9281c0c08191c0c0'])

test('skip - goes over exactly one value of every kind, and never over less of it', (t) => {
  const guest = new BareGuest(wasm)
  for (const value of whole) {
    t.is(answer(guest.call('Skip', `${value}01`)), '01', value)
    const short = value.slice(0, -2)
    t.is(refusal(guest.call('Skip', short)).startsWith('malformed Skip: '), true, short)
  }
})
