import test from 'ava'
import { normaliseCallAlias } from '../../signing/call-alias.ts'

for (const [alias, written] of [
  ['echo', 'echo'],
  ['  Echo\n', 'echo'],
  ['My Actor', 'my_actor'],
  ['my-actor.v1', 'my_actor_v1'],
  ['a  b', 'a__b'],
  ['ünïcode/é', 'ncode/'],
  ['日本', ''],
  ['', ''],
] as const)
  test(`normaliseCallAlias - writes ${JSON.stringify(alias)} as ${JSON.stringify(written)}`, (t) => {
    t.is(normaliseCallAlias(alias), written)
  })
