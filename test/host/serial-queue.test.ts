import test from 'ava'
import { SerialQueue } from '../../host/serial-queue.ts'

/** A task that ends when it is told to, and notes when it runs. */
function tasks(): {
  readonly order: string[]
  task(name: string): { run: () => Promise<string>; end: () => void; fail: (error: Error) => void }
} {
  const order: string[] = []
  return {
    order,
    task: (name) => {
      const ended = Promise.withResolvers<string>()
      return {
        run: () => {
          order.push(name)
          return ended.promise
        },
        end: () => ended.resolve(name),
        fail: ended.reject,
      }
    },
  }
}

test('SerialQueue - runs one task at a time, in order, whatever became of the one before', async (t) => {
  const queue = new SerialQueue(10)
  const { order, task } = tasks()
  const [a, b, c] = [task('a'), task('b'), task('c')]

  const results = [a, b, c].map(({ run }) => queue.run(run))
  t.deepEqual(order, ['a'])
  a.fail(new Error('no'))
  await t.throwsAsync(results[0] as Promise<string>, { message: 'no' })
  const late = task('late')
  const last = queue.run(late.run)
  b.end()
  t.is(await results[1], 'b')
  c.end()
  t.is(await results[2], 'c')
  late.end()
  t.is(await last, 'late')

  t.deepEqual(order, ['a', 'b', 'c', 'late'])
})

test('SerialQueue - a task that comes between two turns does not jump the queue', async (t) => {
  const queue = new SerialQueue(10)
  const { order, task } = tasks()
  const [a, b, c] = [task('a'), task('b'), task('c')]
  const first = queue.run(a.run)
  const second = queue.run(b.run)

  const third = first.then(() => queue.run(c.run))
  a.end()
  await first
  b.end()
  c.end()
  await Promise.all([second, third])

  t.deepEqual(order, ['a', 'b', 'c'])
})

test('SerialQueue - whoever gives up leaves the queue, and its task does not run', async (t) => {
  const queue = new SerialQueue(1)
  const { order, task } = tasks()
  const [a, b, c] = [task('a'), task('b'), task('c')]
  const controller = new AbortController()
  const first = queue.run(a.run)
  const second = queue.run(b.run, controller)

  controller.abort(new Error('enough'))
  await t.throwsAsync(second, { message: 'enough' })
  await t.throwsAsync(queue.run(b.run, controller), { message: 'enough' })
  const third = queue.run(c.run)
  a.end()
  c.end()
  await Promise.all([first, third])

  t.deepEqual(order, ['a', 'c'])
})

test('SerialQueue - takes no more than may wait', async (t) => {
  const queue = new SerialQueue(1)
  const { order, task } = tasks()
  const [a, b, c] = [task('a'), task('b'), task('c')]
  const first = queue.run(a.run)
  const second = queue.run(b.run)

  await t.throwsAsync(queue.run(c.run), { code: 'ERR_QUEUE_FULL' })

  a.end()
  b.end()
  await Promise.all([first, second])
  t.deepEqual(order, ['a', 'b'])
})
