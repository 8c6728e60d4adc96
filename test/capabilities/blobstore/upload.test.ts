import { setTimeout as wait } from 'node:timers/promises'
import test from 'ava'
import { Upload } from '../../../capabilities/blobstore/upload.ts'
import { Usage } from '../../../capabilities/blobstore/usage.ts'

function uploadOf(timeoutMs: number) {
  const ended: string[] = []
  const over = Promise.withResolvers<void>()
  const upload = new Upload(
    { container: 'c', id: 'b' },
    {
      usage: new Usage({ containers: 0, blobs: 0, bytes: 0 }),
      timeoutMs,
      ended: (_, how) => {
        ended.push(how)
        over.resolve()
      },
    },
  )
  return { upload, ended, over: over.promise }
}

test('Upload - is given up after silence, and not while a part is still written', async (t) => {
  const { upload, ended, over } = uploadOf(20)
  // Timers of 100 ms come after those of 20 ms, however slow the machine is.
  await upload.run(() => wait(100))
  await upload.run(async () => undefined)
  t.deepEqual(ended, [])
  t.false(upload.isOver)
  const keepAlive = setInterval(() => undefined, 1000)
  await over
  clearInterval(keepAlive)
  t.deepEqual(ended, ['timed out'])
  t.true(upload.isOver)
})

test('Upload - runs its tasks one at a time, and goes on after one that fails', async (t) => {
  const { upload } = uploadOf(10_000)
  const steps: string[] = []
  const task = (name: string, fails: boolean) => async () => {
    steps.push(`${name} begins`)
    await wait(1)
    steps.push(`${name} ends`)
    if (fails) throw new Error(name)
  }
  const results = await Promise.allSettled([
    upload.run(task('a', true)),
    upload.run(task('b', false)),
  ])
  t.deepEqual(steps, ['a begins', 'a ends', 'b begins', 'b ends'])
  t.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled'],
  )
  await upload.giveUp()
})
