import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'ava'
import { ContentWatch, contentOf } from '../../cli/content-watch.ts'

/** A watched file, and what became of its contents. */
interface Watched extends AsyncDisposable {
  readonly path: string
  readonly applied: readonly string[]
  readonly failed: readonly string[]
  /** Resolves when `isSo` holds, asked whenever something happens. */
  until(isSo: (watched: Watched) => boolean): Promise<void>
  /** How often the files were looked at. */
  looks(): number
}

/** Watches a file that holds `one`; contents that begin with `bad` cannot be used. */
async function watched(): Promise<Watched> {
  const folder = await mkdtemp(join(tmpdir(), 'wash-ts-watch-'))
  const path = join(folder, 'in/file')
  await mkdir(dirname(path))
  await writeFile(path, 'one')
  const applied: string[] = []
  const failed: string[] = []
  let looks = 0
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const check of waiting) check()
  }
  const watch = new ContentWatch(
    {
      files: () => {
        looks += 1
        wake()
        return [path]
      },
      apply: async () => {
        const content = await readFile(path, 'utf8')
        if (content.startsWith('bad')) throw new Error(content)
        applied.push(content)
        wake()
      },
      failed: (error) => {
        failed.push((error as Error).message)
        wake()
      },
    },
    await contentOf([path]),
  )
  // Watching keeps no process running.
  const running = setInterval(() => {}, 60_000)
  const self: Watched = {
    path,
    applied,
    failed,
    looks: () => looks,
    until: (isSo) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!isSo(self)) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      }),
    [Symbol.asyncDispose]: async () => {
      clearInterval(running)
      await watch[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return self
}

test('ContentWatch - uses new content, and not the same again', async (t) => {
  await using file = await watched()
  const looks = file.looks()
  await writeFile(file.path, 'one')
  await file.until(() => file.looks() > looks + 1)
  await writeFile(file.path, 'two')
  await file.until(({ applied }) => applied.length === 1)
  await writeFile(`${file.path}.new`, 'three')
  await rename(`${file.path}.new`, file.path)
  await file.until(({ applied }) => applied.length === 2)
  t.deepEqual(file.applied, ['two', 'three'])
  t.deepEqual(file.failed, [])
})

test('ContentWatch - does not complain of what is just being written', async (t) => {
  await using file = await watched()
  const looks = file.looks()
  await writeFile(file.path, 'bad, for it is half')
  await file.until(() => file.looks() > looks + 1)
  await writeFile(file.path, 'whole')
  await file.until(({ applied }) => applied.length === 1)
  t.deepEqual(file.applied, ['whole'])
  t.deepEqual(file.failed, [])
})

test('ContentWatch - tells once of what cannot be used, and waits for it to change', async (t) => {
  await using file = await watched()
  await writeFile(file.path, 'bad')
  await file.until(({ failed }) => failed.length === 1)
  const looks = file.looks()
  await writeFile(file.path, 'bad')
  await file.until(() => file.looks() > looks)
  await writeFile(file.path, 'bad again')
  await file.until(({ failed }) => failed.length === 2)
  await writeFile(file.path, 'good')
  await file.until(({ applied }) => applied.length === 1)
  t.deepEqual(file.failed, ['bad', 'bad again'])
})

test('ContentWatch - follows a file into a folder that was removed and made anew', async (t) => {
  await using file = await watched()
  await rm(dirname(file.path), { recursive: true })
  await file.until(({ failed }) => failed.length === 1)
  await mkdir(dirname(file.path))
  await writeFile(file.path, 'back')
  await file.until(({ applied }) => applied.length === 1)
  await writeFile(file.path, 'and on')
  await file.until(({ applied }) => applied.length === 2)
  t.deepEqual(file.applied, ['back', 'and on'])
})
