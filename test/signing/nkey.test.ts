import { randomBytes } from 'node:crypto'
import test from 'ava'
import { encodeBase32 } from '../../signing/base32.ts'
import { crc16 } from '../../signing/crc16.ts'
import { type NkeyFault, SigningError } from '../../signing/errors.ts'
import { keyLetter, type KeyType, keyTypes } from '../../signing/key-type.ts'
import {
  encodePublicKey,
  encodeSeed,
  isPublicKey,
  parseAccountId,
  parseActorId,
  parseHostId,
  parseProviderId,
  parsePublicKey,
  parseSeed,
} from '../../signing/nkey.ts'

const account = 'ACODERUVFFAWZQDSS6SBIACUA5O6SXF7HJ3YTYXBALHZP3P7R4BUO4J2'
const seed = 'SAAPN4W3EG6KCJGUQTKTJ5GSB5NHK5CHAJL4DBGFUM3HHROI4XUEP4OBK4'

/** Any bytes with a right checksum behind them. */
function sealed(...bytes: number[]): string {
  const crc = crc16(Uint8Array.from(bytes))
  return encodeBase32(Uint8Array.from([...bytes, crc & 0xff, crc >>> 8]))
}

function fault(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    if (error instanceof SigningError)
      return { code: error.code as string, detail: error.detail as unknown }
    throw error
  }
  return 'nothing thrown'
}

for (const type of keyTypes)
  test(`parsePublicKey - gives back type and bytes of a ${type} key`, (t) => {
    const raw = new Uint8Array(randomBytes(32))
    const text = encodePublicKey(type, raw)
    t.is(text.length, 56)
    t.is(text[0], keyLetter(type))
    t.deepEqual(parsePublicKey(text), { type, raw })
    t.deepEqual(parsePublicKey(text, type), { type, raw })
    const secret = encodeSeed(type, raw)
    t.is(secret.length, 58)
    t.is(secret.slice(0, 2), `S${keyLetter(type)}`)
    t.deepEqual(parseSeed(secret), { type, raw })
  })

const hostileKeys: [why: string, text: unknown, reason: NkeyFault][] = [
  ['a number', 5, 'not-text'],
  ['null', null, 'not-text'],
  ['an object with a toString', { toString: () => account }, 'not-text'],
  ['nothing', '', 'length'],
  ['one character less', account.slice(1), 'length'],
  ['one character more', `${account}A`, 'length'],
  ['a space in front', ` ${account}`, 'length'],
  ['a newline behind', `${account}\n`, 'length'],
  ['lower case', account.toLowerCase(), 'alphabet'],
  ['one lower-case letter', account.replace('D', 'd'), 'alphabet'],
  ['a digit outside base32', account.replace('O', '0'), 'alphabet'],
  ['padding in place of the last character', `${account.slice(0, -1)}=`, 'alphabet'],
  ['a flipped character', account.replace('E', 'F'), 'checksum'],
  ['two swapped characters', account.replace('DE', 'ED'), 'checksum'],
  ['another type’s letter', `M${account.slice(1)}`, 'checksum'],
  ['a seed’s prefix', sealed(18 << 3, ...randomBytes(32)), 'prefix'],
  ['a private key’s prefix', sealed(15 << 3, ...randomBytes(32)), 'prefix'],
  ['a curve key’s prefix', sealed(23 << 3, ...randomBytes(32)), 'prefix'],
  ['an unused prefix', sealed(1 << 3, ...randomBytes(32)), 'prefix'],
  ['a known prefix with low bits set', sealed(1, ...randomBytes(32)), 'prefix'],
]

for (const [why, text, reason] of hostileKeys)
  test(`parsePublicKey - refuses ${why}`, (t) => {
    t.deepEqual(
      fault(() => parsePublicKey(text)),
      { code: 'ERR_NKEY_INVALID', detail: { reason } },
    )
    t.false(isPublicKey(text))
  })

for (const type of keyTypes)
  for (const expected of keyTypes.filter((other) => other !== type))
    test(`parsePublicKey - refuses a ${type} key as a ${expected} key`, (t) => {
      const text = encodePublicKey(type, randomBytes(32))
      t.deepEqual(
        fault(() => parsePublicKey(text, expected)),
        {
          code: 'ERR_NKEY_INVALID',
          detail: { reason: 'type', expected, actual: type },
        },
      )
    })

// curve25519's arithmetic, to find for ourselves which points anybody can sign for
const prime = 2n ** 255n - 19n
const modulo = (value: bigint): bigint => ((value % prime) + prime) % prime
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = modulo(base), rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = modulo(result * square)
    square = modulo(square * square)
  }
  return result
}
const d = modulo(-121665n * power(121666n, prime - 2n))
/** The y of twice a point: it needs no x, only x² from the curve's equation. */
function doubledY(y: bigint): bigint {
  const yy = modulo(y * y)
  const xx = modulo((yy - 1n) * power(modulo(d * yy + 1n), prime - 2n))
  return modulo((yy + xx) * power(modulo(2n - (yy - xx)), prime - 2n))
}
function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 255n))
}
// y of order 8: doubling it gives y = 0, whose double is y = -1, whose double is the neutral y = 1
const order8 = [
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map((hex) => BigInt(`0x${Buffer.from(hex, 'hex').reverse().toString('hex')}`))
const smallOrder: bigint[] = [1n, prime - 1n, 0n, ...order8]

test('the points taken for those of small order are', (t) => {
  for (const y of smallOrder) t.is(doubledY(doubledY(doubledY(y))), 1n, y.toString(16))
})

for (const y of [...smallOrder, prime, prime + 1n, 2n ** 255n - 1n])
  for (const sign of [0n, 1n << 255n])
    test(`parsePublicKey - refuses the weak point ${y.toString(16)}, sign ${sign > 0n ? 1 : 0}`, (t) => {
      const text = encodePublicKey('account', littleEndian(y | sign))
      t.deepEqual(
        fault(() => parsePublicKey(text)),
        {
          code: 'ERR_NKEY_INVALID',
          detail: { reason: 'weak', actual: 'account' },
        },
      )
    })

const hostileSeeds: [why: string, text: unknown, reason: NkeyFault][] = [
  ['undefined', undefined, 'not-text'],
  ['nothing', '', 'length'],
  ['one character less', seed.slice(0, -1), 'length'],
  ['one character more', `${seed}A`, 'length'],
  ['a newline behind', `${seed}\n`, 'length'],
  ['a public key', account, 'length'],
  ['lower case', seed.toLowerCase(), 'alphabet'],
  ['left-over bits', `${seed.slice(0, -1)}5`, 'alphabet'],
  ['a flipped character', seed.replace('N', 'M'), 'checksum'],
  ['another type’s letter', `SO${seed.slice(2)}`, 'checksum'],
  ['a first letter that is not S', `F${seed.slice(1)}`, 'prefix'],
  ['a type that is none', sealed((18 << 3) | (1 >>> 5), 1 << 6, ...randomBytes(32)), 'prefix'],
  ['low bits in the second prefix byte', sealed(18 << 3, 1, ...randomBytes(32)), 'prefix'],
]

for (const [why, text, reason] of hostileSeeds)
  test(`parseSeed - refuses ${why}`, (t) => {
    t.deepEqual(
      fault(() => parseSeed(text)),
      { code: 'ERR_SEED_INVALID', detail: { reason } },
    )
  })

test('parseSeed - repeats nothing of what it was given', (t) => {
  const error = t.throws(() => parseSeed(seed.replace('N', 'M')), { instanceOf: SigningError })
  t.false(`${error.message}${JSON.stringify(error.detail)}`.includes(seed.slice(6, 20)))
})

test('parsePublicKey - repeats nothing of a seed given by mistake', (t) => {
  for (const text of [seed, ` ${seed}`, seed.toLowerCase(), seed.slice(0, 56)]) {
    const error = t.throws(() => parsePublicKey(text), { instanceOf: SigningError })
    t.false(/N4W3EG6K/iu.test(`${error.message}${JSON.stringify(error.detail)}`))
  }
})

test('identities - each parser takes its own type and refuses the others', (t) => {
  const parsers: [KeyType, (text: unknown) => string][] = [
    ['module', parseActorId],
    ['service', parseProviderId],
    ['server', parseHostId],
    ['account', parseAccountId],
  ]
  for (const [type, parse] of parsers)
    for (const [other] of parsers) {
      const text = encodePublicKey(other, randomBytes(32))
      if (other === type) t.is(parse(text), text)
      else t.throws(() => parse(text), { instanceOf: SigningError, code: 'ERR_NKEY_INVALID' })
    }
})
