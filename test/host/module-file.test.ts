import test from 'ava'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HostError, readModule, readWithin } from '../../host/index.ts'

test('readWithin - reads to the limit and not beyond, whatever size a file says it has', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'wash-ts-file-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'some.wasm')
  await writeFile(path, 'abcd')

  t.is(Buffer.from(await readWithin(path, 4)).toString(), 'abcd')
  await t.throwsAsync(readWithin(path, 3), { code: 'EFBIG' })
  await t.throwsAsync(readWithin('/dev/zero', 200_000), { code: 'EFBIG' })
  t.is((await readWithin('/dev/null', 4)).length, 0)
})

test('readModule - says in words why there is no module', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'wash-ts-file-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const large = join(folder, 'large.wasm')
  await writeFile(large, '')
  await truncate(large, 3_000_000_000)
  for (const [path, message] of [
    [folder, /: it is a folder$/],
    [large, /: it is too large$/],
    [join(folder, 'nowhere.wasm'), /: no such file$/],
  ] as const) {
    await t.throwsAsync(readModule(path), {
      instanceOf: HostError,
      code: 'ERR_MODULE_NOT_FOUND',
      message,
    })
  }
})
