/** One module, signed; then every single change of it. */
import test from 'ava'
import { signActor, verifyActor } from '../../signing/actor.ts'
import { KeyPair } from '../../signing/key-pair.ts'
import { readSections } from '../../signing/wasm-sections.ts'
import { issuer, subject } from '../support/forged-token.ts'
import { answerModule, custom, leb } from '../support/module-bytes.ts'

const options = { now: new Date('2026-01-01T00:00:00Z'), jti: '0123456789ABCDEFGHIJKL' }

async function signedModule(): Promise<Uint8Array<ArrayBuffer>> {
  const wasm = answerModule(custom('name', Buffer.alloc(600, 'name')))
  const claims = { name: 'Tampered', contracts: ['wascc:http_server', 'wascc:keyvalue'] }
  return signActor(wasm, claims, { issuer: KeyPair.fromSeed(issuer.seed), subject }, options)
}

/** What a reader gets out of a module, less its claims: ids and payloads. */
function contents(wasm: Uint8Array): string[] {
  return readSections(wasm)
    .filter(({ name }) => name !== 'jwt' && name !== 'wasmcloud_jwt')
    .map(
      ({ id, payload, end }) => `${id}:${Buffer.from(wasm.subarray(payload, end)).toString('hex')}`,
    )
}

async function isAccepted(wasm: Uint8Array): Promise<boolean> {
  return verifyActor(wasm, options).then(
    () => true,
    () => false,
  )
}

test('verifyActor - accepts no module with one bit flipped: 10,000 flips, none passes', async (t) => {
  t.timeout(120_000)
  const signed = await signedModule()
  t.true(await isAccepted(signed))
  let flips = 0
  for (let index = 0; index < signed.length; index++)
    for (let bit = 0; bit < 8; bit++) {
      signed[index]! ^= 1 << bit
      if (await isAccepted(signed)) t.fail(`accepted with bit ${bit} of byte ${index} flipped`)
      signed[index]! ^= 1 << bit
      flips++
    }
  t.true(flips >= 10_000, `${flips} flips`)
  t.true(await isAccepted(signed))
})

test('verifyActor - whatever byte is set to whatever, what it accepts has the same contents', async (t) => {
  t.timeout(120_000)
  const signed = await signedModule()
  const original = contents(signed)
  // the token's characters are covered above; here the bytes that say how the rest is to be read
  const framing = readSections(signed).flatMap(({ start, content }) =>
    Array.from({ length: content - start }, (_, index) => start + index),
  )
  for (const index of [...Array.from({ length: 8 }, (_, offset) => offset), ...framing]) {
    const byte = signed[index]!
    for (let value = 0; value < 256; value++) {
      signed[index] = value
      if (value !== byte && (await isAccepted(signed))) t.deepEqual(contents(signed), original)
    }
    signed[index] = byte
  }
  t.true(await isAccepted(signed))
})

test('verifyActor - accepts needless bytes in sizes, and they change no contents', async (t) => {
  const signed = await signedModule()
  const original = contents(signed)
  for (const [number, { start, payload, end }] of readSections(signed).entries())
    for (const width of [2, 3, 4, 5]) {
      const padded = Uint8Array.from([
        ...signed.subarray(0, start + 1),
        ...leb(end - payload, width),
        ...signed.subarray(payload),
      ])
      t.true(await isAccepted(padded), `section ${number}, ${width} bytes`)
      t.deepEqual(contents(padded), original)
    }
})

test('verifyActor - accepts no module with a byte taken out, doubled or put in', async (t) => {
  t.timeout(120_000)
  const signed = await signedModule()
  for (let index = 0; index < signed.length; index++) {
    const before = signed.subarray(0, index)
    const behind = signed.subarray(index + 1)
    const byte = signed[index]!
    for (const changed of [
      [...before, ...behind],
      [...before, byte, byte, ...behind],
      [...before, 0, byte, ...behind],
    ])
      if (await isAccepted(Uint8Array.from(changed))) t.fail(`accepted with byte ${index} changed`)
  }
  t.pass()
})
