import type { WasmbusEntity } from '../contracts/index.ts'

/** An actor, as invocations name it. */
export function actorEntity(publicKey: string): WasmbusEntity {
  return { publicKey, contractId: '', linkName: '' }
}
