import test from 'ava'
import { makeTokenId } from '../../signing/jti.ts'

test('makeTokenId - gives 22 base-62 characters, never the same, each letter as likely', (t) => {
  const ids = Array.from({ length: 20_000 }, makeTokenId)
  t.is(new Set(ids).size, ids.length)
  const counts = new Map<string, number>()
  for (const id of ids) {
    t.regex(id, /^[\dA-Za-z]{22}$/u)
    for (const letter of id) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  }
  t.is(counts.size, 62)
  const mean = (ids.length * 22) / 62
  // ten standard deviations: fails by chance once in 10^22 runs; modulo bias would be 60 of them
  const slack = 10 * Math.sqrt(mean)
  for (const [letter, count] of counts)
    t.true(Math.abs(count - mean) < slack, `${letter}: ${count}`)
})
