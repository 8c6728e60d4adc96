import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import type { KeyValueToProvider } from '../../../contracts/index.ts'
import type { CapabilityProvider } from '../../../host/index.ts'
import { type LinkedProvider, linkProvider } from '../support/linked-provider.ts'
import { atOnce, isThere, keyValueCode, providerOf, RecordingLog } from './support/archives.ts'

// One after the other: each starts processes, some of which compute for ever.
const folders = mkdtempSync(join(tmpdir(), 'wash-ts-crashes-'))
process.env['TMPDIR'] = folders
test.after.always(() => rmSync(folders, { recursive: true }))

type Link = LinkedProvider<KeyValueToProvider>

const linkTo = (provider: CapabilityProvider, linkName = 'default'): Promise<Link> =>
  linkProvider<KeyValueToProvider>(provider as never, { linkName })

const set = (link: Link, value: string, timeoutMs?: number): unknown =>
  link.ask(
    'Set',
    { key: 'k', value, expiresSeconds: 0 },
    timeoutMs === undefined ? {} : { deadlineAt: performance.now() + timeoutMs },
  )

/** Ways to end a process from inside, as the body of `Set`. */
const ends: Readonly<Record<string, string>> = {
  exits: 'process.exit(3)',
  'exits as if all were well': 'process.exit(0)',
  'throws where nobody catches':
    "setTimeout(() => { throw new Error('boom') }); return new Promise(() => {})",
  'rejects where nobody catches': "Promise.reject(new Error('boom')); return new Promise(() => {})",
  'kills itself': "process.kill(process.pid, 'SIGKILL'); return new Promise(() => {})",
  aborts: 'process.abort()',
  'runs out of memory': 'const all = []; for (;;) all.push(new Array(100_000).fill(Math.random()))',
  'closes its channel':
    "import('node:fs').then(({ closeSync }) => { closeSync(3); process.exitCode = 1; process.exit() }); return new Promise(() => {})",
}
for (const [how, body] of Object.entries(ends)) {
  test.serial(
    `archiveProvider - a provider that ${how} fails the call under way, and serves the next`,
    async (t) => {
      const provider = await providerOf(keyValueCode(`Set() { ${body} }`), {
        ...atOnce,
        memoryMiB: 32,
      })
      await using link = await linkTo(provider)
      await t.throwsAsync(async () => set(link, 'x'), { code: 'ERR_OUTCOME_UNKNOWN' })
      t.deepEqual(await link.ask('Get', { key: 'again' }), { value: 'again', exists: true })
    },
  )
}

test.serial(
  'archiveProvider - a provider that computes for ever is killed, and serves again',
  async (t) => {
    const log = new RecordingLog()
    const provider = await providerOf(keyValueCode('Set() { for (;;); }'), {
      ...atOnce,
      log: log.logger,
      healthTimeoutMs: 200,
    })
    await using link = await linkTo(provider)
    const error = await t.throwsAsync(async () => set(link, 'x', 300), {
      code: 'ERR_SERVER_TIMEOUT',
    })
    t.like(error, { detail: { server: 'archived', operation: 'Set' } })
    const ended = await log.line(({ message }) => message === 'provider process ended')
    t.is(ended.facts['reason'], 'it did not answer a health check within 200 ms')
    t.deepEqual(await link.ask('Get', { key: 'again' }), { value: 'again', exists: true })
  },
)

test.serial(
  'archiveProvider - health checks find a process that hangs while nobody calls it',
  async (t) => {
    const log = new RecordingLog()
    const provider = await providerOf(
      keyValueCode('Set({ value }) { setTimeout(() => { for (;;); }); return { value } }'),
      { ...atOnce, log: log.logger, healthIntervalMs: 100, healthTimeoutMs: 100 },
    )
    await using link = await linkTo(provider)
    await set(link, 'x')
    await log.line(({ message }) => message === 'provider process ended')
    t.deepEqual(await link.ask('Get', { key: 'again' }), { value: 'again', exists: true })
  },
)

test.serial('archiveProvider - puts every link again after an end, and each serves', async (t) => {
  const provider = await providerOf(
    keyValueCode(
      'Set() { process.exit(1) }, Get: () => ({ value: `${context.linkName} of ${state.opened}`, exists: true })',
    ),
  )
  await using one = await linkTo(provider, 'one')
  await using two = await linkTo(provider, 'two')
  await t.throwsAsync(async () => set(one, 'x'), { code: 'ERR_OUTCOME_UNKNOWN' })
  t.like(await one.ask('Get', { key: '' }), { value: 'one of 2' })
  t.like(await two.ask('Get', { key: '' }), { value: 'two of 2' })
})

test.serial(
  'archiveProvider - many calls that are under way when it ends each fail, and none is made twice',
  async (t) => {
    const provider = await providerOf(
      keyValueCode('Set() { setTimeout(() => process.exit(1), 50); return new Promise(() => {}) }'),
    )
    await using link = await linkTo(provider)
    const outcomes = await Promise.allSettled(
      Array.from({ length: 200 }, async () => set(link, 'x')),
    )
    const codes = outcomes.map((each) => (each as { reason?: { code?: string } }).reason?.code)
    t.deepEqual(new Set(codes), new Set(['ERR_OUTCOME_UNKNOWN']))
    t.like(await link.ask('Get', { key: 'a' }), { exists: true })
  },
)

test.serial(
  'archiveProvider - fails at once where it cannot be there again before the deadline',
  async (t) => {
    const log = new RecordingLog()
    const provider = await providerOf(keyValueCode('Set() { process.exit(1) }'), {
      restartDelaysMs: [600_000],
      log: log.logger,
    })
    await using link = await linkTo(provider)
    await t.throwsAsync(async () => set(link, 'x'), { code: 'ERR_OUTCOME_UNKNOWN' })
    await log.line(({ message }) => message === 'provider process ended')
    const before = performance.now()
    const error = await t.throwsAsync(async () => set(link, 'x', 60_000), {
      code: 'ERR_SERVER_UNAVAILABLE',
    })
    t.true(performance.now() - before < 30_000)
    t.like(error, { detail: { server: 'archived', reason: 'it exited with code 1' } })
  },
)

test.serial(
  'archiveProvider - gives a provider up that ends again and again, until it is linked anew',
  async (t) => {
    const log = new RecordingLog()
    const provider = await providerOf(
      keyValueCode(
        'Set() { return new Promise(() => {}) }',
        'setTimeout(() => process.exit(9), 200)',
      ),
      { restartDelaysMs: [0], maxRestarts: 2, log: log.logger },
    )
    await using link = await linkTo(provider)
    const { facts } = await log.line(({ message }) => message === 'provider process ended for good')
    t.like(facts, { provider: 'archived', reason: 'it exited with code 9', ends: 3 })
    await t.throwsAsync(async () => set(link, 'x'), { code: 'ERR_SERVER_UNAVAILABLE' })
    await using again = await linkTo(provider, 'again')
    t.like(await again.ask('Get', { key: 'a' }), { value: 'a' })
  },
)

test.serial('archiveProvider - waits longer from end to end', async (t) => {
  const log = new RecordingLog()
  const provider = await providerOf(keyValueCode('', 'setTimeout(() => process.exit(9), 100)'), {
    restartDelaysMs: [8, 800, 80_000],
    log: log.logger,
  })
  await using _link = await linkTo(provider)
  const restarts = async (ends: number): Promise<number> => {
    const { facts } = await log.line((line) => line.facts['ends'] === ends)
    return Number(facts['restartInMs'])
  }
  for (const [ends, most] of [
    [1, 8],
    [2, 800],
    [3, 80_000],
  ] as const) {
    const delayMs = await restarts(ends)
    t.true(delayMs >= most / 2 && delayMs <= most, `${ends}: ${delayMs}`)
  }
})

/** Files that are no provider, and what is said of them. */
const unusable: Readonly<Record<string, readonly [code: string, says: RegExp]>> = {
  throws: ["throw new Error('no licence')", /no licence/],
  exits: ['process.exit(4)', /exited with code 4/],
  'is no JavaScript': ['this is not', /Unexpected identifier/],
  'has no default export': ['export const a = 1', /no default export/],
  'exports something else': ['export default 42', /no default export/],
  'imports a package': ["import 'left-pad'", /"left-pad": an archive holds one file/],
  'imports a file': ["import './other.mjs'", /an archive holds one file/],
  'never ends loading': [
    'await new Promise((resolve) => setTimeout(resolve, 1e9))',
    /no answer after 400 ms/,
  ],
  'computes for ever': ['for (;;);', /no answer after 400 ms/],
  'is of another contract': [
    "import { defineProvider } from 'wash-ts/provider'\nexport default defineProvider({ name: 'a', contract: 'acme:other', link: () => ({ operations: {} }) })",
    /acme:other, its archive claims wascc:keyvalue/,
  ],
  'refuses the link': [
    keyValueCode('').replace(
      'state.opened++',
      "throw new ProviderError('ERR_FULL', { free: 0 }, 'no room')",
    ),
    /no room/,
  ],
}
for (const [what, [code, says]] of Object.entries(unusable)) {
  test.serial(
    `archiveProvider - a file that ${what} refuses the link, and leaves no process`,
    async (t) => {
      const log = new RecordingLog()
      const provider = await providerOf(code, {
        ...atOnce,
        startTimeoutMs: what.includes('ever') ? 400 : 20_000,
        log: log.logger,
      })
      const error = await t.throwsAsync(linkTo(provider))
      t.regex(error?.message ?? '', says)
      t.deepEqual(readdirSync(folders), [])
    },
  )
}

test.serial(
  'archiveProvider - its process ends with its last link, and its folder with it',
  async (t) => {
    const provider = await providerOf(keyValueCode(''))
    const one = await linkTo(provider, 'one')
    const pid = Number(one.info?.['pid'])
    const two = await linkTo(provider, 'two')
    t.is(Number(two.info?.['pid']), pid, 'one process for all links')
    await one[Symbol.asyncDispose]()
    t.true(isThere(pid))
    t.like(await two.ask('Get', { key: 'a' }), { value: 'a' })
    t.is(readdirSync(folders).length, 1)
    await two[Symbol.asyncDispose]()
    t.false(isThere(pid))
    t.deepEqual(readdirSync(folders), [])
    await using three = await linkTo(provider, 'three')
    t.not(Number(three.info?.['pid']), pid)
  },
)

test.serial(
  'archiveProvider - Ctrl-C in the terminal of its host leaves it to the host',
  async (t) => {
    const provider = await providerOf(keyValueCode(''))
    await using link = await linkTo(provider)
    const pid = Number(link.info?.['pid'])
    // A terminal signals every process that was started from it, not the host alone.
    process.kill(pid, 'SIGINT')
    process.kill(pid, 'SIGHUP')
    t.like(await link.ask('Get', { key: 'a' }), { value: 'a' })
    t.is(Number(link.info?.['pid']), pid)
  },
)

test.serial(
  'archiveProvider - closes links before it ends, and kills what does not end',
  async (t) => {
    const log = new RecordingLog()
    const code = keyValueCode('').replace(
      'state.closed++',
      "console.log('closing'); await new Promise(() => {})",
    )
    const provider = await providerOf(code, { ...atOnce, stopTimeoutMs: 200, log: log.logger })
    const link = await linkTo(provider)
    const pid = Number(link.info?.['pid'])
    await link[Symbol.asyncDispose]()
    t.false(isThere(pid))
    await log.line(({ facts }) => facts['line'] === 'closing')
    t.pass()
  },
)

test.serial(
  'archiveProvider - one that ignores SIGTERM and computes for ever is killed as well',
  async (t) => {
    const provider = await providerOf(
      keyValueCode(
        "Set({ value }) { process.on('SIGTERM', () => {}); setTimeout(() => { for (;;); }); return { value } }",
      ),
      { ...atOnce, stopTimeoutMs: 100 },
    )
    const link = await linkTo(provider)
    const pid = Number(link.info?.['pid'])
    await set(link, 'x')
    await link[Symbol.asyncDispose]()
    t.false(isThere(pid))
  },
)
