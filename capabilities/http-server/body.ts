import type { IncomingMessage } from 'node:http'
import { ByteCollector } from '../byte-collector.ts'

/** What became of a request's body. */
export type BodyOutcome =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  /** Larger than allowed. The rest is not read. */
  | { readonly kind: 'too-large' }
  /** The client went away, or sent what is no body. */
  | { readonly kind: 'broken' }

/** Collects a body of at most `maxBytes`. Never rejects. */
export function collectBody(request: IncomingMessage, maxBytes: number): Promise<BodyOutcome> {
  return new Promise((resolve) => {
    const collected = new ByteCollector()
    const onData = (chunk: Buffer): void => {
      if (collected.length + chunk.length > maxBytes) settle({ kind: 'too-large' })
      else collected.add(chunk)
    }
    const onEnd = (): void => settle({ kind: 'whole', bytes: collected.whole() })
    const onBroken = (): void => settle({ kind: 'broken' })
    const settle = (outcome: BodyOutcome): void => {
      request.off('data', onData).off('end', onEnd).off('close', onBroken)
      request.pause()
      resolve(outcome)
    }
    // The error listener stays: node reports a connection that breaks later as an error, too.
    request.on('data', onData).on('end', onEnd).on('close', onBroken).on('error', onBroken)
  })
}
