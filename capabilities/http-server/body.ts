import type { IncomingMessage } from 'node:http'

/** What became of a request's body. */
export type BodyOutcome =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  /** Larger than allowed. The rest is not read. */
  | { readonly kind: 'too-large' }
  /** The client went away, or sent what is no body. */
  | { readonly kind: 'broken' }

/** Chunks below this many bytes are copied together: kept one by one, each takes 200 bytes besides. */
const smallBytes = 4096
const gatherBytes = 65_536

/** Collects a body of at most `maxBytes`. Never rejects. */
export function collectBody(request: IncomingMessage, maxBytes: number): Promise<BodyOutcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    // Where small chunks are gathered, and how many bytes of them there are.
    let gathering: Buffer | undefined
    let gathered = 0
    const closeGathering = (): void => {
      if (gathering !== undefined) chunks.push(gathering.subarray(0, gathered))
      gathering = undefined
      gathered = 0
    }
    const onData = (chunk: Buffer): void => {
      bytes += chunk.byteLength
      if (bytes > maxBytes) {
        settle({ kind: 'too-large' })
        return
      }
      // The first one most often is all there is.
      if (bytes === chunk.byteLength || chunk.byteLength >= smallBytes) {
        closeGathering()
        chunks.push(chunk)
        return
      }
      if (gathering !== undefined && gathered + chunk.byteLength > gatherBytes) closeGathering()
      gathering ??= Buffer.allocUnsafeSlow(gatherBytes)
      gathered += chunk.copy(gathering, gathered)
    }
    const onEnd = (): void => {
      closeGathering()
      const [first] = chunks
      const whole =
        first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks, bytes)
      settle({ kind: 'whole', bytes: whole })
    }
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
