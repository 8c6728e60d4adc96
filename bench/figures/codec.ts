/** What the codecs cost: see `../codec.ts`. */
import { benchCodec } from '../codec.ts'
import type { Row } from '../report.ts'

/** The codecs of the HTTP path against `@msgpack/msgpack`. For comparison: nothing is promised. */
export async function measureCodec(): Promise<Row[]> {
  const messages = benchCodec().toSorted((a, b) => a.ratio - b.ratio)
  return [
    {
      figure: 'HTTP codecs / @msgpack/msgpack, the least',
      value: messages[0]?.ratio ?? Number.NaN,
      unit: '',
      note: messages
        .map(({ name, oursNs, ratio }) => `${name} ${Math.round(oursNs)} ns (${ratio.toFixed(1)})`)
        .join(', '),
    },
  ]
}
