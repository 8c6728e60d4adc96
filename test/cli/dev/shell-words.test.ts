import test from 'ava'
import { shellWords } from '../../../cli/dev/shell-words.ts'

for (const [line, words] of [
  ['', []],
  ['  a  b ', ['a', 'b']],
  [
    `wash-ts claims sign build/a.wasm --name 'My Actor' -q`,
    ['wash-ts', 'claims', 'sign', 'build/a.wasm', '--name', 'My Actor', '-q'],
  ],
  [`--name="a b"c''`, ['--name=a bc']],
  [`''`, ['']],
  [String.raw`a\ b \'c`, ['a b', "'c"]],
] as const) {
  test(`shellWords - reads ${JSON.stringify(line)} as a shell would`, (t) => {
    t.deepEqual(shellWords(line), [...words])
  })
}

for (const line of [
  'a && b',
  'a; b',
  'a | b',
  'a $B',
  'a "$B"',
  'a *.wasm',
  'a > b',
  'a `b`',
  '~/a',
  "a 'b",
  'a \\',
  'a\nb',
  'a # b',
  '"\\""',
]) {
  test(`shellWords - leaves ${JSON.stringify(line)} to a shell`, (t) => {
    t.is(shellWords(line), undefined)
  })
}
