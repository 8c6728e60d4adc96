/** What every provider of event streams must do, whatever keeps the events. */
import type { ExecutionContext, TestFn } from 'ava'
import type {
  EventAnswer,
  EventStreamsToProvider,
  StreamEvent,
  StreamQuery,
} from '../../contracts/index.ts'
import type { CapabilityProvider } from '../../host/index.ts'
import { type LinkFacts, type LinkedProvider, valueProblems } from './support/linked-provider.ts'
import { anyReceives, RecordingActor } from './support/recording-actor.ts'

/** A provider of event streams under test, and what keeps its events. */
export interface EventStreamsSubject extends AsyncDisposable {
  readonly provider: Pick<CapabilityProvider, 'configSchema'>
  /** Every call opens one link to the same provider. */
  link(facts?: LinkFacts): Promise<LinkedProvider<EventStreamsToProvider>>
}

type Link = LinkedProvider<EventStreamsToProvider>

/** An actor that takes events, as a provider's test sees it. */
export class EventActor extends RecordingActor<StreamEvent, EventAnswer> {
  /** @param options.isHeld Keeps every event until it is released. */
  constructor({ isHeld = false }: { readonly isHeld?: boolean } = {}) {
    super(async () => ({ refusal: '' }), isHeld)
  }

  /** The value `n` of each event, in the order in which they came. */
  get numbers(): string[] {
    return this.requests.map(({ values }) => values['n'] ?? '')
  }

  /** A link that shares its streams with every other of the test. */
  link(
    subject: EventStreamsSubject,
    values: Readonly<Record<string, string>>,
    actor = 'MA',
  ): Promise<Link> {
    return subject.link({ actor, values: { PREFIX: 'test:', ...values }, invoke: this.invoke })
  }
}

/** A link that writes into the streams that all links of a test share. */
export function writer(
  subject: EventStreamsSubject,
  values: Readonly<Record<string, string>> = {},
): Promise<Link> {
  return subject.link({ actor: 'MW', values: { PREFIX: 'test:', ...values } })
}

/** Writes an event that says a number. @returns its id. */
export async function write(link: Link, stream: string, n: number | string): Promise<string> {
  return (await link.ask('WriteEvent', { stream, values: { n: String(n) } })).eventId
}

/** The numbers of a stream's events. */
export async function numbers(link: Link, query: Partial<StreamQuery> = {}): Promise<string[]> {
  const { events } = await link.ask('QueryStream', { stream: 's', range: null, count: 0, ...query })
  return events.map(({ values }) => values['n'] ?? '')
}

/** Runs the suite. `open` makes a provider, and nothing in any stream, for each test. */
export function eventStreamsContract(
  test: TestFn,
  name: string,
  open: () => Promise<EventStreamsSubject>,
): void {
  const check = (
    title: string,
    run: (t: ExecutionContext, subject: EventStreamsSubject) => Promise<void>,
  ): void => {
    test(`${name} - ${title}`, async (t) => {
      await using subject = await open()
      await run(t, subject)
    })
  }

  check('WriteEvent - answers ids that grow, and keeps what was written', async (t, subject) => {
    await using link = await subject.link()
    const values = Object.fromEntries([
      ['kind', 'grüße'],
      ['__proto__', 'x'],
      ['', 'empty'],
      ['7', '\r\n*1\r\n\0'],
    ])
    const first = await link.ask('WriteEvent', { stream: 's', values })
    const ids = [first.eventId]
    for (let n = 0; n < 20; n++) ids.push(await write(link, 's', n))
    const { events } = await link.ask('QueryStream', { stream: 's', range: null, count: 0 })
    t.deepEqual(
      events.map(({ eventId }) => eventId),
      ids,
    )
    t.is(new Set(ids).size, ids.length)
    for (const id of ids) t.regex(id, /^\d{13}-\d+$/)
    t.deepEqual(events[0], { eventId: first.eventId, stream: 's', values })
  })

  check('QueryStream - has nothing of a stream that is not there', async (t, subject) => {
    await using link = await subject.link()
    t.deepEqual(await link.ask('QueryStream', { stream: 'none', range: null, count: 0 }), {
      events: [],
    })
  })

  check(
    'QueryStream - gives the oldest first, at most as many as asked for',
    async (t, subject) => {
      await using link = await subject.link()
      for (let n = 0; n < 10; n++) await write(link, 's', n)
      t.deepEqual(await numbers(link, { count: 3 }), ['0', '1', '2'])
      t.is((await numbers(link, { count: 10 })).length, 10)
      t.is((await numbers(link, { count: 1_000_000 })).length, 10)
      t.deepEqual(await numbers(link, { stream: 't' }), [])
    },
  )

  check('QueryStream - takes in both ends of a time', async (t, subject) => {
    await using link = await subject.link()
    const times: number[] = []
    for (let n = 0; n < 3; n++) {
      const ms = Number((await write(link, 's', n)).split('-')[0])
      // The next one must be written in another millisecond.
      while (Date.now() <= ms) await new Promise((resolve) => setImmediate(resolve))
      times.push(ms)
    }
    const [first = 0, second = 0, third = 0] = times
    const within = (minTime: number, maxTime: number) =>
      numbers(link, { range: { minTime, maxTime } })
    t.deepEqual(await within(first, third), ['0', '1', '2'])
    t.deepEqual(await within(second, second), ['1'])
    t.deepEqual(await within(0, first), ['0'])
    t.deepEqual(await within(third, Number.MAX_SAFE_INTEGER), ['2'])
    t.deepEqual(await within(third + 1, third + 2), [])
    t.deepEqual(await within(third, first), [])
    t.deepEqual(await numbers(link, { range: { minTime: second, maxTime: third }, count: 1 }), [
      '1',
    ])
  })

  check('QueryStream - refuses more events than one answer holds', async (t, subject) => {
    await using link = await subject.link({ values: { MAX_ANSWER_EVENTS: '5' } })
    for (let n = 0; n < 5; n++) await write(link, 's', n)
    t.is((await numbers(link)).length, 5)
    await write(link, 's', 5)
    for (const count of [0, 6, 100]) {
      const error = await t.throwsAsync(numbers(link, { count }), { code: 'ERR_STREAM_LIMIT' })
      t.like(error, { detail: { limit: 'MAX_ANSWER_EVENTS', allowed: 5 } })
    }
    t.is((await numbers(link, { count: 5 })).length, 5)
  })

  check('QueryStream - refuses more bytes than one answer holds', async (t, subject) => {
    await using link = await subject.link()
    const values = { n: 'x'.repeat(1024 * 1024) }
    for (let n = 0; n < 17; n++) await link.ask('WriteEvent', { stream: 's', values })
    const error = await t.throwsAsync(numbers(link), { code: 'ERR_STREAM_LIMIT' })
    t.like(error, { detail: { limit: 'ANSWER_BYTES', allowed: 16 * 1024 * 1024 } })
    t.is((await numbers(link, { count: 15 })).length, 15)
  })

  check('QueryStream - gives thousands of events whole', async (t, subject) => {
    await using link = await subject.link()
    const all = Array.from({ length: 3000 }, (_, n) => `${n}`)
    await Promise.all(all.map((n) => write(link, 's', n)))
    t.deepEqual(await numbers(link), all)
  })

  for (const [index, [event, reason]] of (
    [
      [{ stream: '', values: { a: 'b' } }, /empty/],
      [{ stream: 'x'.repeat(513), values: { a: 'b' } }, /over 512 bytes/],
      [{ stream: '\ud800', values: { a: 'b' } }, /half a character/],
      [{ stream: 's', values: {} }, /it says nothing/],
    ] as const
  ).entries()) {
    check(`WriteEvent - refuses what is no event, ${index}`, async (t, subject) => {
      await using link = await subject.link()
      const error = await t.throwsAsync(async () => link.ask('WriteEvent', event), {
        code: 'ERR_EVENT_INVALID',
        message: reason,
      })
      t.like(error, { detail: { stream: event.stream } })
      if (event.stream === 's') return
      const query = { stream: event.stream, range: null, count: 0 }
      await t.throwsAsync(async () => link.ask('QueryStream', query), { code: 'ERR_EVENT_INVALID' })
    })
  }

  check('MAXLEN - lets the oldest events go', async (t, subject) => {
    await using link = await subject.link({ values: { MAXLEN: '3' } })
    for (let n = 0; n < 10; n++) await write(link, 's', n)
    t.deepEqual(await numbers(link), ['7', '8', '9'])
  })

  check(
    'PREFIX - links see the streams of their own, unless they share them',
    async (t, subject) => {
      const facts = [
        { actor: 'MA', linkName: 'default' },
        { actor: 'MA', linkName: 'other' },
        { actor: 'MB', linkName: 'default' },
        { actor: 'MA:default', linkName: '' },
        { actor: 'MA', linkName: 'default:x' },
        { actor: 'MA', linkName: 'default', values: { PREFIX: 'p:' } },
        { actor: 'MB', linkName: 'default', values: { PREFIX: 'q:' } },
      ]
      await using stack = new AsyncDisposableStack()
      const links: Link[] = []
      for (const each of facts) links.push(stack.use(await subject.link(each)))
      for (const [index, link] of links.entries()) await write(link, 's', index)
      for (const [index, link] of links.entries()) t.deepEqual(await numbers(link), [`${index}`])
      await using sharing = await subject.link({ actor: 'MC', values: { PREFIX: 'p:' } })
      t.deepEqual(await numbers(sharing), ['5'])
    },
  )

  check('SUBSCRIPTION - brings what is written from now on, in order', async (t, subject) => {
    await using sender = await writer(subject)
    await write(sender, 's', 'before')
    const actor = new EventActor()
    await using receiver = await actor.link(subject, { SUBSCRIPTION: 's,t' })
    const id = await write(sender, 's', 0)
    for (let n = 1; n < 20; n++) await write(sender, 's', n)
    await write(sender, 'u', 'not this')
    await actor.received(20)
    const eventId = await write(sender, 't', 'other')
    await actor.received(21)
    t.deepEqual(actor.numbers, [...Array.from({ length: 20 }, (_, n) => `${n}`), 'other'])
    t.deepEqual(actor.requests[0], { eventId: id, stream: 's', values: { n: '0' } })
    t.deepEqual(actor.requests[20], { eventId, stream: 't', values: { n: 'other' } })
    t.deepEqual(receiver.log, [])
  })

  check('SUBSCRIPTION - every link is given every event', async (t, subject) => {
    const actors = [new EventActor(), new EventActor()]
    await using stack = new AsyncDisposableStack()
    for (const [index, actor] of actors.entries()) {
      stack.use(await actor.link(subject, { SUBSCRIPTION: 's' }, `M${index}`))
    }
    await using sender = await writer(subject)
    for (let n = 0; n < 5; n++) await write(sender, 's', n)
    for (const actor of actors) {
      await actor.received(5)
      t.deepEqual(actor.numbers, ['0', '1', '2', '3', '4'])
    }
  })

  check('QUEUEGROUP_NAME - one member is given each event', async (t, subject) => {
    const members = [new EventActor(), new EventActor()]
    const other = new EventActor()
    await using stack = new AsyncDisposableStack()
    for (const [index, actor] of members.entries()) {
      const values = { SUBSCRIPTION: 's', QUEUEGROUP_NAME: 'g' }
      stack.use(await actor.link(subject, values, `M${index}`))
    }
    stack.use(await other.link(subject, { SUBSCRIPTION: 's', QUEUEGROUP_NAME: 'h' }, 'MO'))
    await using sender = await writer(subject)
    for (let n = 0; n < 40; n++) await write(sender, 's', n)
    await other.received(40)
    await anyReceives(members, () => members.flatMap((actor) => actor.numbers).length >= 40)
    const all = members.flatMap((actor) => actor.numbers).map(Number)
    t.deepEqual(
      all.toSorted((a, b) => a - b),
      Array.from({ length: 40 }, (_, n) => n),
    )
  })

  check('QUEUEGROUP_NAME - brings what was written while nobody was there', async (t, subject) => {
    const values = { SUBSCRIPTION: 's', QUEUEGROUP_NAME: 'g' }
    await using sender = await writer(subject)
    await write(sender, 's', 'before there was a group')
    const first = new EventActor()
    {
      await using _link = await first.link(subject, values)
      await write(sender, 's', 0)
      await first.received(1)
    }
    await write(sender, 's', 1)
    await write(sender, 's', 2)
    const second = new EventActor()
    await using _link = await second.link(subject, values, 'MB')
    await second.received(2)
    t.deepEqual(first.numbers, ['0'])
    t.deepEqual(second.numbers, ['1', '2'])
  })

  check('QUEUEGROUP_NAME - what a member did not finish, another is given', async (t, subject) => {
    const values = { SUBSCRIPTION: 's', QUEUEGROUP_NAME: 'g', REDELIVER_AFTER_MS: '100' }
    const failing = new EventActor()
    failing.handle = async () => Promise.reject(new Error('not now'))
    const first = await failing.link(subject, { ...values, MAX_ATTEMPTS: '1000' })
    await using sender = await writer(subject)
    await write(sender, 's', 0)
    await failing.received(1)
    await first[Symbol.asyncDispose]()
    const taking = new EventActor()
    await using _second = await taking.link(subject, values, 'MB')
    await taking.received(1)
    t.deepEqual(taking.numbers, ['0'])
  })

  check(
    'an event that the actor does not take is tried again, and let go at last',
    async (t, subject) => {
      for (const [index, group] of [{}, { QUEUEGROUP_NAME: 'g' }].entries()) {
        const stream = `s${index}`
        const actor = new EventActor()
        let failures = 0
        actor.handle = async ({ values }) => {
          if (values['n'] === 'refused') return { refusal: 'no, thank you' }
          if (values['n'] === 'failing' || failures++ < 2) throw new Error('no')
          return { refusal: '' }
        }
        const values = { SUBSCRIPTION: stream, MAX_ATTEMPTS: '3', ...group }
        await using link = await actor.link(subject, values)
        await using sender = await writer(subject)
        for (const n of ['late', 'failing', 'refused', 'good']) await write(sender, stream, n)
        await actor.receives((event) => event.values['n'] === 'good')
        await link.closeIntake()
        const times = Object.groupBy(actor.numbers, (n) => n)
        t.deepEqual(
          Object.entries(times).map(([n, all]) => [n, all?.length]),
          [
            ['late', 3],
            ['failing', 3],
            ['refused', 3],
            ['good', 1],
          ],
        )
        t.deepEqual(
          link.log
            .filter(({ level }) => level === 'error')
            .map(({ facts }) => [facts['stream'], facts['attempts'], facts['reason']]),
          [
            [stream, 3, { code: 'ERR_INTERNAL', message: 'no' }],
            [stream, 3, 'no, thank you'],
          ],
        )
      }
    },
  )

  check('CONCURRENCY - is how many events the actor has at one time', async (t, subject) => {
    await using sender = await writer(subject)
    for (const concurrency of [1, 3]) {
      const stream = `s${concurrency}`
      const actor = new EventActor({ isHeld: true })
      const values = { SUBSCRIPTION: stream, CONCURRENCY: `${concurrency}` }
      await using _receiver = await actor.link(subject, values)
      for (let n = 0; n < 9; n++) await write(sender, stream, n)
      await actor.received(concurrency)
      actor.release()
      await actor.received(9)
      t.is(actor.mostUnderWay, concurrency)
      if (concurrency === 1) t.deepEqual(actor.numbers, Array.from('012345678'))
    }
  })

  check(
    'closeIntake - ends what is under way, and leaves the actor its voice',
    async (t, subject) => {
      const actor = new EventActor({ isHeld: true })
      await using link = await actor.link(subject, { SUBSCRIPTION: 's' })
      await using sender = await writer(subject)
      actor.handle = async () => {
        await write(link, 'out', 'answer')
        return { refusal: '' }
      }
      await write(sender, 's', 0)
      await actor.received(1)
      const closed = link.closeIntake()
      t.is(actor.underWay, 1)
      actor.release()
      await closed
      t.is(actor.underWay, 0)
      await write(sender, 's', 'late')
      t.deepEqual(await numbers(sender, { stream: 'out' }), ['answer'])
      t.deepEqual(actor.numbers, ['0'])
    },
  )

  for (const [values, problem] of [
    [{ SUBSCRIPTION: '' }, /^SUBSCRIPTION: "" is no stream's name: it is empty$/],
    [{ SUBSCRIPTION: 'a,,b' }, /^SUBSCRIPTION: "" is no stream's name/],
    [{ SUBSCRIPTION: 'a,a' }, /^SUBSCRIPTION: "a" is given twice$/],
    [{ QUEUEGROUP_NAME: '' }, /^QUEUEGROUP_NAME: "" is no queue group's name/],
    [{ PREFIX: 'x'.repeat(600) }, /^PREFIX: .* over 512 bytes$/],
    [{ MAXLEN: '0' }, /^MAXLEN: "0" is not a whole number from 1/],
    [{ MAX_ANSWER_EVENTS: '70000' }, /^MAX_ANSWER_EVENTS: /],
    [{ CONCURRENCY: 'all' }, /^CONCURRENCY: /],
    [{ MAX_ATTEMPTS: '0' }, /^MAX_ATTEMPTS: /],
    [{ REDELIVER_AFTER_MS: '1' }, /^REDELIVER_AFTER_MS: /],
    [{ TIMEOUT_MS: '' }, /^TIMEOUT_MS: /],
    [{ STREAM: 'a' }, /unknown key "STREAM"/],
  ] as const) {
    check(`link values - refuse ${JSON.stringify(values).slice(0, 50)}`, async (t, subject) => {
      const problems = await valueProblems(subject.provider, values)
      t.is(problems.length, 1)
      t.regex(problems[0] ?? '', problem)
    })
  }
}
