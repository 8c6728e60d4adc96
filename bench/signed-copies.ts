import {
  type ActorClaimsInput,
  KeyPair,
  readActor,
  signActor,
  stripClaims,
} from '../signing/index.ts'

/**
 * One actor's module as that many different actors: each with a key of its own and a custom section
 * of its own, so that no two are the same to the compiler either.
 */
export async function signedCopies(
  wasm: Uint8Array,
  count: number,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const { claims } = readActor(wasm)
  const plain = stripClaims(wasm)
  const issuer = KeyPair.generate('account')
  const copies: Uint8Array<ArrayBuffer>[] = []
  for (let index = 0; index < count; index++) {
    const given: ActorClaimsInput = { name: `copy ${index}`, contracts: claims.contracts }
    const subject = KeyPair.generate('module')
    copies.push(new Uint8Array(await signActor(numbered(plain, index), given, { issuer, subject })))
  }
  return copies
}

/** With a custom section `copy` that holds four bytes. */
function numbered(wasm: Uint8Array, index: number): Uint8Array {
  const section = Buffer.from([0, 9, 4, ...Buffer.from('copy'), 0, 0, 0, 0])
  section.writeUInt32LE(index, 7)
  return Buffer.concat([wasm, section])
}
