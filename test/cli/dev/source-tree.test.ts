import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { ignoring, SourceTree } from '../../../cli/dev/source-tree.ts'

/** A project with sources, an output and installed packages. */
async function project(): Promise<
  AsyncDisposable & { tree: SourceTree; path(name: string): string; changed(): Promise<void> }
> {
  const folder = await mkdtemp(join(tmpdir(), 'wash-ts-sources-'))
  for (const name of [
    'assembly/deep/a.ts',
    'index.ts',
    'build/a.wasm',
    'node_modules/b/index.js',
    '.git/HEAD',
  ]) {
    await mkdir(join(folder, name, '..'), { recursive: true })
    await writeFile(join(folder, name), 'one')
  }
  let wake = Promise.withResolvers<void>()
  const running = setInterval(() => {}, 60_000)
  const tree = new SourceTree({
    folder,
    isIgnored: ignoring(['build/a.wasm']),
    onChange: () => wake.resolve(),
  })
  await tree.scan()
  return {
    tree,
    path: (name) => join(folder, name),
    changed: async () => {
      await wake.promise
      wake = Promise.withResolvers()
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(running)
      tree[Symbol.dispose]()
      await rm(folder, { recursive: true })
    },
  }
}

test('SourceTree - names what has other content, wherever it lies and however it came there', async (t) => {
  await using sources = await project()
  const { tree, path } = sources
  await writeFile(path('assembly/deep/a.ts'), 'two')
  await sources.changed()
  t.deepEqual(await tree.scan(), ['assembly/deep/a.ts'])
  await mkdir(path('assembly/new/er'), { recursive: true })
  await writeFile(path('assembly/new/er/b.ts'), 'b')
  await sources.changed()
  t.deepEqual(await tree.scan(), ['assembly/new/er/b.ts'])
  await writeFile(path('assembly/new/er/b.ts'), 'c')
  await sources.changed()
  t.deepEqual(await tree.scan(), ['assembly/new/er/b.ts'])
  await writeFile(path('.index.ts.swp'), 'two')
  await rename(path('.index.ts.swp'), path('index.ts'))
  await sources.changed()
  t.deepEqual(await tree.scan(), ['index.ts'])
  await rm(path('assembly'), { recursive: true })
  await sources.changed()
  t.deepEqual(await tree.scan(), ['assembly/deep/a.ts', 'assembly/new/er/b.ts'])
})

test('SourceTree - is not impressed by new times, by what builds write, or by hidden files', async (t) => {
  await using sources = await project()
  const { tree, path } = sources
  await utimes(path('index.ts'), new Date(), new Date())
  await writeFile(path('assembly/deep/a.ts'), 'one')
  for (const name of [
    'build/a.wasm',
    'build/other',
    'node_modules/b/index.js',
    '.git/HEAD',
    'index.ts~',
    '#index.ts#',
  ]) {
    await writeFile(path(name), 'two')
  }
  t.deepEqual(await tree.scan(), [])
})

test('ignoring - leaves sources beside an output alone', (t) => {
  const isIgnored = ignoring(['assembly/out.wasm', 'target/wasm32/release/a.wasm', 'a_s.wasm'])
  for (const path of ['target', 'a_s.wasm', 'node_modules', 'assembly/node_modules', '.env']) {
    t.true(isIgnored(path), path)
  }
  for (const path of ['src', 'src/target', 'b_s.wasm', 'index.ts', 'assembly', 'assembly/in.ts']) {
    t.false(isIgnored(path), path)
  }
  t.true(isIgnored('assembly/out.wasm'))
})
