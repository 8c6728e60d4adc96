import { generateKeyPairSync, verify } from 'node:crypto'
import { inspect } from 'node:util'
import test from 'ava'
import { SigningError } from '../../signing/errors.ts'
import { KeyPair, verifySignature } from '../../signing/key-pair.ts'
import { keyTypes } from '../../signing/key-type.ts'
import { encodePublicKey, encodeSeed, isPublicKey } from '../../signing/nkey.ts'

test('KeyPair.fromSeed - gives the public key that Go’s nkeys gives', (t) => {
  const pair = KeyPair.fromSeed('SAAPN4W3EG6KCJGUQTKTJ5GSB5NHK5CHAJL4DBGFUM3HHROI4XUEP4OBK4')
  t.is(pair.publicKey, 'ACODERUVFFAWZQDSS6SBIACUA5O6SXF7HJ3YTYXBALHZP3P7R4BUO4J2')
  t.is(pair.type, 'account')
  t.is(pair.seed, 'SAAPN4W3EG6KCJGUQTKTJ5GSB5NHK5CHAJL4DBGFUM3HHROI4XUEP4OBK4')
})

test('KeyPair.sign - signs as other implementations of nkeys do', (t) => {
  const pair = KeyPair.fromSeed('SUAMLK2ZNL35WSMW37E7UD4VZ7ELPKW7DHC3BWBSD2GCZ7IUQQXZIORRBU')
  t.is(pair.publicKey, 'UCK5N7N66OBOINFXAYC2ACJQYFSOD4VYNU6APEJTAVFZB2SVHLKGEW7L')
  t.is(
    Buffer.from(pair.sign(Buffer.from('PXoWU7zWAMt75FY'))).toString('base64'),
    'ZaAiVDgB5CeYoXoQ7cBCmq+ZllzUnGUoDVb8C7PilWvCs8XKfUchAUhz2P4BYAF++Dg3w05CqyQFRDiGL6LrDw==',
  )
})

test('KeyPair.sign - gives the signature of RFC 8037, A.4', (t) => {
  const d = Buffer.from('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', 'base64url')
  const x = Buffer.from('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', 'base64url')
  const pair = KeyPair.fromSeed(encodeSeed('user', d))
  t.is(pair.publicKey, encodePublicKey('user', x))
  const signed = Buffer.from('eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc')
  const signature = pair.sign(signed)
  t.is(
    Buffer.from(signature).toString('base64url'),
    'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
  )
  t.true(verifySignature(pair.publicKey, signed, signature))
})

for (const type of keyTypes)
  test(`KeyPair.generate - makes ${type} keys whose seed gives them back`, (t) => {
    const pair = KeyPair.generate(type)
    const again = KeyPair.fromSeedFile(`\n ${pair.seedFile}\r\n`)
    t.is(pair.seedFile, `${pair.seed}\n`)
    t.is(again.publicKey, pair.publicKey)
    t.is(again.type, type)
    t.not(KeyPair.generate(type).publicKey, pair.publicKey)
    const message = Buffer.from('message')
    t.true(verifySignature(pair.publicKey, message, again.sign(message)))
    t.false(verifySignature(pair.publicKey, Buffer.from('massage'), again.sign(message)))
    t.false(verifySignature(pair.publicKey, message, again.sign(message).subarray(1)))
    t.false(verifySignature(KeyPair.generate(type).publicKey, message, again.sign(message)))
  })

test('KeyPair - a signature verifies under a key that Node made of the same bytes', (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const d = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
  const pair = KeyPair.fromSeed(encodeSeed('module', d))
  t.true(verify(null, Buffer.from('x'), publicKey, pair.sign(Buffer.from('x'))))
})

test('KeyPair - nothing that prints it prints the seed', (t) => {
  const pair = KeyPair.generate('account')
  const printed = [
    inspect(pair, { depth: 9, showHidden: true }),
    JSON.stringify(pair),
    `${Object.keys(pair).join()}${Object.values(pair).join()}`,
  ].join('\n')
  t.true(printed.includes(pair.publicKey))
  t.false(printed.includes(pair.seed.slice(4, 20)))
})

test('KeyPair.fromSeed - refuses white space, which only a seed file may have', (t) => {
  const { seed } = KeyPair.generate('account')
  t.throws(() => KeyPair.fromSeed(`${seed} `), {
    instanceOf: SigningError,
    code: 'ERR_SEED_INVALID',
  })
})

test('verifySignature - refuses to verify with what is no public key', (t) => {
  const { seed } = KeyPair.generate('account')
  t.throws(() => verifySignature(seed, Buffer.from(''), new Uint8Array(64)), {
    instanceOf: SigningError,
    code: 'ERR_NKEY_INVALID',
  })
})

test('derive - gives the same pair for the same type and label, and another for others', (t) => {
  const host = KeyPair.generate('server')
  const keyOf = (pair: KeyPair, type: 'service' | 'server', label: string) =>
    pair.derive(type, label).publicKey
  const key = keyOf(host, 'service', 'store')
  t.is(keyOf(KeyPair.fromSeed(host.seed), 'service', 'store'), key)
  t.true(isPublicKey(key, 'service'))
  t.not(keyOf(host, 'service', 'other'), key)
  t.not(keyOf(host, 'server', 'store').slice(1), key.slice(1))
  t.not(keyOf(KeyPair.generate('server'), 'service', 'store'), key)
})
