import { KeyPair, signActor } from '../../signing/index.ts'
import type { ActorClaimsInput } from '../../signing/index.ts'
import { buildExampleActor, exampleKey } from '../../scripts/build-actors.ts'

const built = new Map<string, Promise<Uint8Array<ArrayBuffer>>>()
let compiler: Promise<unknown> = Promise.resolve()

/**
 * An example actor of `actors/`, built and signed: compiled by the first test that asks, and by
 * nobody while its sources stay as they are.
 *
 * @returns bytes that all tests of the process share: copy before changing them
 */
export function buildActor(name: string): Promise<Uint8Array<ArrayBuffer>> {
  let wasm = built.get(name)
  if (!wasm) {
    // One after the other: side by side, none would be ready before all are.
    wasm = compiler.then(() => buildExampleActor(name)).then((actor) => actor.wasm)
    compiler = wasm.catch(() => undefined)
    built.set(name, wasm)
  }
  return wasm
}

/** The keys of an actor made for a test. */
export interface FixtureKeys {
  /** The examples' account, when left out. */
  readonly issuer?: KeyPair
  /** A new key, when left out. */
  readonly subject?: KeyPair
  /** When it is signed, and now when left out. */
  readonly now?: Date
}

/** Signs any module as an actor for a test. Older claims in it are replaced. */
export async function signFixture(
  wasm: Uint8Array,
  claims: ActorClaimsInput = { contracts: [] },
  keys: FixtureKeys = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const issuer = keys.issuer ?? (await exampleKey('account'))
  const subject = keys.subject ?? KeyPair.generate('module')
  const options = keys.now ? { now: keys.now } : {}
  return new Uint8Array(await signActor(wasm, claims, { issuer, subject }, options))
}
