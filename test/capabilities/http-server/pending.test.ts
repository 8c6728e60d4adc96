import test from 'ava'
import type { Connection } from '../../../capabilities/http-server/connection.ts'
import { Framing } from '../../../capabilities/http-server/framing.ts'
import { Pending, PendingList } from '../../../capabilities/http-server/pending.ts'

function pendingOf(path: string): Pending {
  const target = { ok: true as const, host: undefined, path, queryString: '' }
  return new Pending(target, new Framing([]), {} as Connection)
}

const paths = (list: PendingList): string[] => [...list].map(({ target }) => target.path).sort()

test('PendingList - has what was added and not removed, whichever is removed first', (t) => {
  for (const order of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]) {
    const all = ['a', 'b', 'c'].map(pendingOf)
    const list = new PendingList()
    for (const pending of all) list.add(pending)
    const left = new Set(['a', 'b', 'c'])
    for (const index of order) {
      list.remove(all[index] as Pending)
      left.delete((all[index] as Pending).target.path)
      t.deepEqual(paths(list), [...left])
    }
    t.true(list.isEmpty)
  }
})

test('PendingList - goes on after one that is removed meanwhile', (t) => {
  const list = new PendingList()
  for (const path of ['a', 'b', 'c']) list.add(pendingOf(path))
  let seen = 0
  for (const pending of list) {
    list.remove(pending)
    seen++
  }
  t.is(seen, 3)
  t.true(list.isEmpty)
})
