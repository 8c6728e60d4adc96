import test from 'ava'
import { WrittenByBuilds } from '../../../cli/dev/written-by-builds.ts'

test('WrittenByBuilds - a file that four builds in a row write asks for one more, then for none', (t) => {
  const written = new WrittenByBuilds()
  const repeated: boolean[] = []
  for (let build = 1; build <= 3; build++) {
    const { again, found, isRepeated } = written.afterBuild(['generated.ts'])
    t.deepEqual(again, ['generated.ts'])
    t.deepEqual(found, [])
    repeated.push(isRepeated)
  }
  t.deepEqual(repeated, [false, true, true])
  const last = written.afterBuild(['generated.ts'])
  t.deepEqual(last, { again: ['generated.ts'], found: ['generated.ts'], isRepeated: true })
  for (let build = 1; build <= 5; build++) {
    t.deepEqual(written.afterBuild(['generated.ts']).again, [])
  }
  t.deepEqual(written.afterBuild(['generated.ts', 'index.ts']).again, ['index.ts'])
})

test('WrittenByBuilds - somebody who works on while builds run is not taken for one', (t) => {
  const written = new WrittenByBuilds()
  for (let build = 1; build <= 20; build++) {
    t.deepEqual(written.afterBuild(['index.ts']).found, [])
    if (build % 3 === 0) written.byPerson(['index.ts'])
  }
  const other = new WrittenByBuilds()
  for (let build = 1; build <= 20; build++) {
    const changed = build % 4 === 0 ? [] : ['index.ts']
    t.deepEqual(other.afterBuild(changed).found, [])
  }
})

test('WrittenByBuilds - what changes while no build runs is a source again', (t) => {
  const written = new WrittenByBuilds()
  for (let build = 1; build <= 4; build++) written.afterBuild(['a.ts'])
  t.deepEqual(written.afterBuild(['a.ts']).again, [])
  written.byPerson(['a.ts'])
  t.deepEqual(written.afterBuild(['a.ts']).again, ['a.ts'])
})
