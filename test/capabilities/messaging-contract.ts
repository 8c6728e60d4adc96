/** What every messaging provider must do, whatever carries its messages. */
import type { ExecutionContext, TestFn } from 'ava'
import type { BrokerMessage, MessagingToProvider } from '../../contracts/index.ts'
import type { CapabilityProvider } from '../../host/index.ts'
import { type LinkFacts, type LinkedProvider, valueProblems } from './support/linked-provider.ts'
import { MessageActor } from './support/message-actor.ts'
import { anyReceives } from './support/recording-actor.ts'

/** A messaging provider under test, and its broker. */
export interface MessagingSubject extends AsyncDisposable {
  readonly provider: Pick<CapabilityProvider, 'configSchema'>
  /** Every call opens one link to the same provider. */
  link(facts?: LinkFacts): Promise<LinkedProvider<MessagingToProvider>>
}

type Link = LinkedProvider<MessagingToProvider>

/** Runs the suite. `open` makes a provider and a broker for each test. */
export function messagingContract(
  test: TestFn,
  name: string,
  open: () => Promise<MessagingSubject>,
): void {
  const check = (
    title: string,
    run: (t: ExecutionContext, subject: MessagingSubject) => Promise<void>,
  ): void => {
    test(`${name} - ${title}`, async (t) => {
      await using subject = await open()
      await run(t, subject)
    })
  }
  const refusal = (
    title: string,
    code: string,
    detail: object,
    values: Record<string, string>,
    ask: (link: Link) => unknown,
  ): void => {
    check(title, async (t, subject) => {
      await using link = await subject.link({ values })
      const error = await t.throwsAsync(async () => ask(link), { code })
      t.like(error, { detail })
    })
  }

  check(
    'Publish - brings subject, reply subject and bytes to the subscriber',
    async (t, subject) => {
      const actor = new MessageActor()
      await using receiver = await actor.link(subject, 'a.b')
      await using sender = await subject.link({ actor: 'MB' })
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
      t.is(await sender.ask('Publish', { subject: 'a.b', replyTo: 'r.1', body: bytes }), undefined)
      bytes.fill(0)
      await sender.ask('Publish', message('a.b', ''))
      const [first, second] = await actor.received(2)
      t.deepEqual(
        first?.body,
        Uint8Array.from({ length: 256 }, (_, index) => index),
      )
      t.is(first?.subject, 'a.b')
      t.is(first?.replyTo, 'r.1')
      t.deepEqual(second, { subject: 'a.b', replyTo: '', body: new Uint8Array(0) })
      t.deepEqual(receiver.log, [])
    },
  )

  check('Publish - to nobody is no failure', async (t, subject) => {
    await using sender = await subject.link()
    t.is(await sender.ask('Publish', message('nobody.there', 'x')), undefined)
  })

  for (const [patterns, expected] of [
    ['a.b', 'a.b'],
    ['a.*', 'a.b a.c'],
    ['*.b', 'a.b A.b'],
    ['a.>', 'a.b a.c a.b.c'],
    ['>', 'a a.b a.c a.b.c A.b'],
    ['*', 'a'],
    ['a.*.c', 'a.b.c'],
    ['*.*', 'a.b a.c A.b'],
    ['a, a.b.c', 'a a.b.c'],
    ['a.*,*.b', 'a.b a.b a.c A.b'],
  ] as const) {
    check(`SUBSCRIPTION=${patterns} - takes in ${expected}`, async (t, subject) => {
      const actor = new MessageActor()
      await using _receiver = await actor.link(subject, `${patterns},end`)
      await using sender = await subject.link({ actor: 'MB' })
      for (const to of ['a', 'a.b', 'a.c', 'a.b.c', 'A.b']) {
        await sender.ask('Publish', message(to, ''))
      }
      await sender.ask('Publish', message('end', 'end'))
      await actor.receives(({ body }) => body.length > 0)
      const subjects = actor.messages.filter(({ body }) => body.length === 0).map((m) => m.subject)
      t.is(subjects.join(' '), expected)
    })
  }

  check('every subscriber gets a message, and one of each queue group', async (t, subject) => {
    const actors = Array.from({ length: 5 }, () => new MessageActor())
    await using stack = new AsyncDisposableStack()
    for (const [index, group] of [undefined, undefined, 'g', 'g', 'h'].entries()) {
      const values = { SUBSCRIPTION: 's', ...(group && { QUEUEGROUP_NAME: group }) }
      stack.use(await subject.link({ actor: `M${index}`, values, invoke: actors[index]!.invoke }))
    }
    await using sender = await subject.link({ actor: 'MZ' })
    for (let index = 0; index < 40; index++) await sender.ask('Publish', message('s', `${index}`))
    const [one, two, g1, g2, h] = actors as [
      MessageActor,
      MessageActor,
      MessageActor,
      MessageActor,
      MessageActor,
    ]
    await Promise.all([one, two, h].map((actor) => actor.received(40)))
    await anyReceives([g1, g2], () => g1.messages.length + g2.messages.length >= 40)
    t.is(g1.messages.length + g2.messages.length, 40)
    t.true(g1.messages.length > 0 && g2.messages.length > 0)
    for (const actor of [one, two, h]) {
      t.deepEqual(
        actor.texts,
        Array.from({ length: 40 }, (_, index) => `${index}`),
      )
    }
  })

  check('CONCURRENCY - is how many messages the actor has at one time', async (t, subject) => {
    for (const concurrency of [1, 3]) {
      const actor = new MessageActor({ isHeld: true })
      const values = { SUBSCRIPTION: 's', CONCURRENCY: `${concurrency}` }
      await using _receiver = await subject.link({ values, invoke: actor.invoke })
      const witness = new MessageActor()
      await using _witness = await subject.link({
        actor: 'MW',
        values: { SUBSCRIPTION: 's' },
        invoke: witness.invoke,
      })
      await using sender = await subject.link({ actor: 'MB' })
      for (let index = 0; index < 9; index++) await sender.ask('Publish', message('s', `${index}`))
      await witness.received(9)
      await actor.received(concurrency)
      t.is(actor.underWay, concurrency)
      actor.release()
      await actor.received(9)
      t.is(actor.mostUnderWay, concurrency)
      if (concurrency === 1) t.deepEqual(actor.texts, Array.from('012345678'))
    }
  })

  check('Request - gets what the actor sends to its reply subject', async (t, subject) => {
    const actor = new MessageActor()
    await using service = await actor.link(subject, 'up.*')
    actor.handle = async ({ replyTo, body }) => {
      await service.ask('Publish', { subject: replyTo, replyTo: '', body: upper(body) })
    }
    await using caller = await subject.link({ actor: 'MB' })
    const answers = await Promise.all(
      ['a', 'b', 'c'].map(async (body) => caller.ask('Request', request('up.x', body))),
    )
    t.deepEqual(
      answers.map(({ body }) => text(body)),
      ['A', 'B', 'C'],
    )
    t.true(answers.every(({ subject: to, replyTo }) => to.startsWith('_INBOX.') && replyTo === ''))
  })

  refusal(
    'Request - fails at once where nobody listens',
    'ERR_NO_RESPONDERS',
    { subject: 'no.one' },
    {},
    (link) => link.ask('Request', request('no.one', 'x', 60_000)),
  )

  check('Request - fails once its time is up, or its caller’s', async (t, subject) => {
    const actor = new MessageActor()
    await using _silent = await actor.link(subject, 'silent')
    await using caller = await subject.link({ actor: 'MB' })
    const own = await t.throwsAsync(async () => caller.ask('Request', request('silent', 'x', 30)), {
      code: 'ERR_REPLY_TIMEOUT',
    })
    t.like(own, { detail: { subject: 'silent', timeoutMs: 30 } })
    for (const timeoutMs of [60_000, 0, -1]) {
      const deadlineAt = performance.now() + 40
      await t.throwsAsync(
        async () => caller.ask('Request', request('silent', 'x', timeoutMs), { deadlineAt }),
        { code: 'ERR_REPLY_TIMEOUT' },
      )
    }
    await actor.received(4)
  })

  check('Request - ends when its caller gives up', async (t, subject) => {
    const actor = new MessageActor()
    await using _silent = await actor.link(subject, 'silent')
    await using caller = await subject.link({ actor: 'MB' })
    const abort = new AbortController()
    const asked = caller.ask('Request', request('silent', 'x', 60_000), { signal: abort.signal })
    await actor.received(1)
    abort.abort(new Error('enough'))
    await t.throwsAsync(async () => asked, { message: 'enough' })
  })

  for (const [index, bad] of wrongSubjects.entries()) {
    refusal(
      `Publish, Request - refuse wrong subject ${index}, ${JSON.stringify(bad).slice(0, 40)}`,
      'ERR_MESSAGE_SUBJECT',
      { subject: bad },
      {},
      async (link) => {
        const asks = [
          async () => link.ask('Publish', message(bad, 'x')),
          async () => link.ask('Request', request(bad, 'x')),
          ...(bad === ''
            ? []
            : [async () => link.ask('Publish', { ...message('s', 'x'), replyTo: bad })]),
        ]
        const results = await Promise.allSettled(asks.map((ask) => ask()))
        const codes = results.map((result) =>
          result.status === 'rejected' ? (result.reason as { code?: string }).code : 'sent',
        )
        if (codes.some((code) => code !== 'ERR_MESSAGE_SUBJECT')) throw new Error(codes.join())
        await asks[0]?.()
      },
    )
  }

  for (const steering of ['$SYS.REQ.SERVER.PING', '$JS.API.INFO', '$', 'wasmbus.ctl.default.x']) {
    refusal(
      `Publish, Request - leave ${steering} alone, in spite of wildcards`,
      'ERR_SUBJECT_DENIED',
      { subject: steering },
      { PUBLISH: '>,*.>,*' },
      async (link) => {
        const replying = await Promise.allSettled([
          (async () => link.ask('Publish', { ...message('s', 'x'), replyTo: steering }))(),
          (async () => link.ask('Request', request(steering, 'x')))(),
        ])
        if (replying.some(({ status }) => status === 'fulfilled')) throw new Error('was allowed')
        await link.ask('Publish', message(steering, 'x'))
      },
    )
  }

  check('PUBLISH - opens what steers a server where it spells that out', async (t, subject) => {
    const actor = new MessageActor()
    await using _receiver = await actor.link(subject, 'wasmbus.evt.>')
    await using sender = await subject.link({ actor: 'MB', values: { PUBLISH: 'wasmbus.evt.*' } })
    await sender.ask('Publish', message('wasmbus.evt.x', 'x'))
    await actor.received(1)
    await t.throwsAsync(async () => sender.ask('Publish', message('wasmbus.ctl.x', 'x')), {
      code: 'ERR_SUBJECT_DENIED',
    })
  })

  check('PUBLISH - bounds where the actor sends, but it may answer', async (t, subject) => {
    const actor = new MessageActor()
    await using service = await subject.link({
      values: { SUBSCRIPTION: 'ask', PUBLISH: 'orders.>' },
      invoke: actor.invoke,
    })
    await service.ask('Publish', message('orders.new', 'x'))
    const error = await t.throwsAsync(async () => service.ask('Publish', message('other', 'x')), {
      code: 'ERR_SUBJECT_DENIED',
    })
    t.like(error, { detail: { subject: 'other', allowed: ['orders.>'] } })
    await t.throwsAsync(async () => service.ask('Request', request('other', 'x')), {
      code: 'ERR_SUBJECT_DENIED',
    })
    actor.handle = async ({ replyTo }) => {
      await service.ask('Publish', message(replyTo, 'answer'))
    }
    await using caller = await subject.link({ actor: 'MB' })
    t.is(text((await caller.ask('Request', request('ask', 'x'))).body), 'answer')
  })

  check('PUBLISH - empty lets the actor do no more than answer', async (t, subject) => {
    await using link = await subject.link({ values: { PUBLISH: '' } })
    await t.throwsAsync(async () => link.ask('Publish', message('s', 'x')), {
      code: 'ERR_SUBJECT_DENIED',
    })
  })

  check('a message as large as the broker takes passes, and no larger one', async (t, subject) => {
    const most = 1024 * 1024
    const actor = new MessageActor()
    await using _receiver = await actor.link(subject, 'large')
    await using sender = await subject.link({ actor: 'MB' })
    const large = { subject: 'large', replyTo: '', body: new Uint8Array(most).fill(7) }
    await sender.ask('Publish', large)
    const [got] = await actor.received(1)
    t.true(Buffer.from(large.body).equals(got!.body))
    const body = new Uint8Array(most + 1)
    for (const ask of [
      async () => sender.ask('Publish', { ...large, body }),
      async () => sender.ask('Request', { subject: 'large', body, timeoutMs: 1000 }),
    ]) {
      const error = await t.throwsAsync(async () => ask(), { code: 'ERR_MESSAGE_TOO_LARGE' })
      t.like(error, { detail: { sizeBytes: most + 1, maxBytes: most } })
    }
  })

  check('MAX_PENDING - bounds what waits; the rest is dropped and counted', async (t, subject) => {
    const slow = new MessageActor({ isHeld: true })
    const values = { SUBSCRIPTION: 's', MAX_PENDING: '5' }
    await using link = await subject.link({ values, invoke: slow.invoke })
    const witness = new MessageActor()
    await using _witness = await subject.link({
      actor: 'MW',
      values: { SUBSCRIPTION: 's' },
      invoke: witness.invoke,
    })
    await using sender = await subject.link({ actor: 'MB' })
    await sender.ask('Publish', message('s', '0'))
    await slow.received(1)
    for (let index = 1; index < 20; index++) await sender.ask('Publish', message('s', `${index}`))
    await witness.received(20)
    slow.release()
    await slow.received(6)
    await sender.ask('Publish', message('s', 'later'))
    await slow.receives(({ body }) => text(body) === 'later')
    t.deepEqual(slow.texts, ['0', '1', '2', '3', '4', '5', 'later'])
    await link.closeIntake()
    const told = link.log.filter(({ level }) => level === 'warn').map(({ facts }) => facts.dropped)
    t.is(told.at(0), 1)
    t.is(told.at(-1), 14)
  })

  check('MAX_PENDING_BYTES - bounds what waits', async (t, subject) => {
    const slow = new MessageActor({ isHeld: true })
    const values = { SUBSCRIPTION: 's', MAX_PENDING_BYTES: '2048' }
    await using link = await subject.link({ values, invoke: slow.invoke })
    const witness = new MessageActor()
    await using _witness = await subject.link({
      actor: 'MW',
      values: { SUBSCRIPTION: 's' },
      invoke: witness.invoke,
    })
    await using sender = await subject.link({ actor: 'MB' })
    await sender.ask('Publish', message('s', ''))
    await slow.received(1)
    for (let index = 0; index < 4; index++) {
      await sender.ask('Publish', { subject: 's', replyTo: '', body: new Uint8Array(1000) })
    }
    await witness.received(5)
    slow.release()
    await slow.received(3)
    await link.closeIntake()
    t.is(slow.messages.length, 3)
    t.is(link.log.at(-1)?.facts.dropped, 2)
  })

  check('an actor that fails is told of, and has had its message', async (t, subject) => {
    const actor = new MessageActor()
    actor.handle = async ({ body }) => {
      if (text(body) === 'bad') throw Object.assign(new Error('no'), { code: 'ERR_GUEST_TRAP' })
    }
    await using link = await actor.link(subject, 's')
    await using sender = await subject.link({ actor: 'MB' })
    await sender.ask('Publish', message('s', 'bad'))
    await sender.ask('Publish', message('s', 'good'))
    await actor.received(2)
    await link.closeIntake()
    t.deepEqual(actor.texts, ['bad', 'good'])
    t.deepEqual(
      link.log.map(({ level, facts }) => [level, facts]),
      [['warn', { message: '"s"', reason: { code: 'ERR_GUEST_TRAP', message: 'no' } }]],
    )
  })

  check(
    'closeIntake - takes no more, ends what came, and leaves the actor its voice',
    async (t, subject) => {
      const actor = new MessageActor({ isHeld: true })
      await using link = await actor.link(subject, 's')
      const other = new MessageActor()
      await using _other = await subject.link({
        actor: 'MO',
        values: { SUBSCRIPTION: 's,out' },
        invoke: other.invoke,
      })
      await using sender = await subject.link({ actor: 'MB' })
      actor.handle = async () => {
        await link.ask('Publish', message('out', 'answer'))
      }
      await sender.ask('Publish', message('s', '1'))
      await sender.ask('Publish', message('s', '2'))
      await other.received(2)
      await actor.received(1)
      const closed = link.closeIntake()
      await sender.ask('Publish', message('s', 'late'))
      await other.received(3)
      t.is(actor.underWay, 1)
      actor.release()
      await closed
      t.deepEqual(actor.texts, ['1', '2'])
      await other.received(5)
      t.deepEqual(other.texts.toSorted(), ['1', '2', 'answer', 'answer', 'late'])
    },
  )

  check('a link defined anew takes over: no message comes twice', async (t, subject) => {
    const old = new MessageActor()
    const young = new MessageActor()
    await using first = await old.link(subject, 's')
    await using sender = await subject.link({ actor: 'MB' })
    await sender.ask('Publish', message('s', '1'))
    await old.received(1)
    {
      await using _second = await young.link(subject, 's')
      await sender.ask('Publish', message('s', '2'))
      await young.received(1)
    }
    await sender.ask('Publish', message('s', '3'))
    await old.receives(({ body }) => text(body) === '3')
    await using _third = await young.link(subject, 's')
    await first.closeIntake()
    await sender.ask('Publish', message('s', '4'))
    await young.receives(({ body }) => text(body) === '4')
    t.deepEqual(old.texts, ['1', '3'])
    t.deepEqual(young.texts, ['2', '4'])
  })

  for (const [values, problem] of [
    [{ SUBSCRIPTION: '' }, /^SUBSCRIPTION: "" is not a subject: it is empty$/],
    [{ SUBSCRIPTION: 'a,,b' }, /^SUBSCRIPTION: "" is not a subject/],
    [{ SUBSCRIPTION: 'a..b' }, /^SUBSCRIPTION: "a\.\.b" .* empty$/],
    [{ SUBSCRIPTION: 'a b' }, /white space/],
    [{ SUBSCRIPTION: 'a.\r\nUNSUB' }, /"a\.\\x0d\\x0aUNSUB" .* white space/],
    [{ SUBSCRIPTION: 'a.>.b' }, /> may only be the last token/],
    [{ SUBSCRIPTION: 'a.b*' }, /tokens of their own/],
    [{ SUBSCRIPTION: 'a,a' }, /"a" is given twice/],
    [{ SUBSCRIPTION: 'a'.repeat(1025) }, /over 1024 bytes/],
    [{ QUEUEGROUP_NAME: '' }, /^QUEUEGROUP_NAME: "" is not a queue group/],
    [{ QUEUEGROUP_NAME: 'a b' }, /^QUEUEGROUP_NAME: "a b"/],
    [{ PUBLISH: 'a.' }, /^PUBLISH: "a\." is not a subject/],
    [{ CONCURRENCY: '0' }, /^CONCURRENCY: "0" is not a whole number from 1 to 10000/],
    [{ MAX_PENDING: 'many' }, /^MAX_PENDING: /],
    [{ MAX_PENDING_BYTES: '1' }, /^MAX_PENDING_BYTES: /],
    [{ TIMEOUT_MS: '-1' }, /^TIMEOUT_MS: /],
    [{ SUBSCRIPTIONS: 'a' }, /unknown key "SUBSCRIPTIONS"/],
  ] as const) {
    check(`link values - refuse ${JSON.stringify(values).slice(0, 50)}`, async (t, subject) => {
      const problems = await valueProblems(subject.provider, values)
      t.is(problems.length, 1)
      t.regex(problems[0] ?? '', problem)
    })
  }
}

/** Subjects that no message can be sent to. */
const wrongSubjects: readonly string[] = [
  '',
  '.',
  'a.',
  '.a',
  'a..b',
  'a b',
  'a\tb',
  'a\r\nPUB x 0\r\n',
  'a\0',
  'a\u00a0b',
  '*',
  'a.*',
  '>',
  'a.>',
  'a*b',
  '\ud800',
  'a'.repeat(1025),
]

/** A message whose body is text. */
export function message(subject: string, body: string): BrokerMessage {
  return { subject, replyTo: '', body: new TextEncoder().encode(body) }
}

/** A request whose body is text. */
export function request(
  subject: string,
  body: string,
  timeoutMs = 5000,
): { subject: string; body: Uint8Array; timeoutMs: number } {
  return { subject, body: new TextEncoder().encode(body), timeoutMs }
}

function text(body: Uint8Array): string {
  return new TextDecoder().decode(body)
}

function upper(body: Uint8Array): Uint8Array {
  return new TextEncoder().encode(text(body).toUpperCase())
}
