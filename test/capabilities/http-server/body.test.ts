import { PassThrough } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import test from 'ava'
import { type BodyOutcome, collectBody } from '../../../capabilities/http-server/body.ts'

/** Collects what a request emits, chunk by chunk. */
function collect(chunks: Iterable<Buffer>, maxBytes: number): Promise<BodyOutcome> {
  const request = new PassThrough()
  const outcome = collectBody(request as unknown as IncomingMessage, maxBytes)
  for (const chunk of chunks) request.emit('data', chunk)
  request.emit('end')
  return outcome
}

/** Pieces of these sizes, out of one body that counts up. */
function pieces(sizes: readonly number[]): { whole: Buffer; chunks: Buffer[] } {
  const whole = Buffer.from(
    Array.from({ length: sizes.reduce((sum, size) => sum + size, 0) }, (_, at) => at % 251),
  )
  let at = 0
  return { whole, chunks: sizes.map((size) => whole.subarray(at, (at += size))) }
}

for (const [name, sizes] of [
  ['nothing', []],
  ['one byte', [1]],
  ['one large piece', [100_000]],
  ['single bytes', Array<number>(70_000).fill(1)],
  ['small pieces that fill the gathering room exactly', [5, ...Array<number>(64).fill(1024), 7]],
  ['large pieces between small ones', [10, 5000, 1, 1, 70_000, 3, 4095, 4096, 4097, 2]],
  ['empty pieces', [0, 0, 3, 0, 5000, 0]],
] as const) {
  test(`collectBody - puts ${name} together`, async (t) => {
    const { whole, chunks } = pieces(sizes)
    const outcome = await collect(chunks, whole.length)
    t.is(outcome.kind, 'whole')
    t.deepEqual(outcome.kind === 'whole' && Buffer.from(outcome.bytes), whole)
  })
}

test('collectBody - stops at the first byte too many', async (t) => {
  t.deepEqual(await collect(pieces(Array<number>(101).fill(1)).chunks, 100), { kind: 'too-large' })
})
