import test from 'ava'
import { httpServerProvider } from '../../../capabilities/http-server/index.ts'
import { memoryMessagingProvider } from '../../../capabilities/memory-messaging/index.ts'
import { natsMessagingProvider } from '../../../capabilities/nats-messaging/index.ts'
import { buildActor } from '../../support/actors.ts'
import { startNats } from '../../support/nats-server.ts'
import { TestHost } from '../../support/test-host.ts'

/** A host with both example actors; messages go through the provider. */
async function startActors(
  provider: 'memory-messaging' | 'nats-messaging',
  values: Record<string, string> = {},
): Promise<{ host: TestHost; url: string } & AsyncDisposable> {
  const host = new TestHost()
  await host.addProvider(httpServerProvider())
  await host.addProvider(memoryMessagingProvider())
  await host.addProvider(natsMessagingProvider())
  const [requester, subscriber] = await Promise.all([
    host.startActor(await buildActor('requester')),
    host.startActor(await buildActor('subscriber')),
  ])
  const contractId = 'wascc:messaging'
  await host.link({
    ...{ actor: subscriber.id, contractId, provider },
    values: { ...values, SUBSCRIPTION: 'greet', QUEUEGROUP_NAME: 'greeters' },
  })
  await host.link({ actor: requester.id, contractId, provider, values })
  await host.link({
    ...{ actor: requester.id, contractId: 'wascc:http_server' },
    values: { PORT: '0' },
  })
  const info = host.inventory().actors.find(({ id }) => id === requester.id)
  const url = info?.links.map((link) => link.info['url']).find((each) => each !== undefined) ?? ''
  return { host, url, [Symbol.asyncDispose]: () => host.stop() }
}

test('actors ask and answer each other through NATS, and in memory after a swap', async (t) => {
  await using nats = await startNats()
  await using started = await startActors('nats-messaging', { URL: nats.url })
  const ask = async (body: string) => (await fetch(started.url, { method: 'POST', body })).text()
  t.is(await ask('Ann'), 'hello Ann')
  await started.host.swap({ contractId: 'wascc:messaging', provider: 'memory-messaging' })
  await nats.kill()
  t.is(await ask('Bob'), 'hello Bob')
})

test('stopping a host - a message under way is still answered', async (t) => {
  await using nats = await startNats()
  const other = await startActors('nats-messaging', { URL: nats.url })
  await using _asking = other
  await using started = await startActors('nats-messaging', { URL: nats.url })
  // The other host keeps asking while this one, a member of the same queue group, goes away.
  const ask = async (): Promise<string> =>
    (await fetch(other.url, { method: 'POST', body: 'x' })).text()
  const answers: Promise<string>[] = []
  for (let index = 0; index < 50; index++) answers.push(ask())
  await answers[0]
  const stopped = started.host.stop()
  for (let index = 0; index < 50; index++) answers.push(ask())
  await stopped
  const texts = await Promise.all(answers)
  t.deepEqual(new Set(texts), new Set(['hello x']))
})

test('a request that nobody answers reaches the caller as the actor’s failure', async (t) => {
  await using started = await startActors('memory-messaging')
  const asked = started.host.callJson('requester', 'HandleRequest', { path: '/?subject=nobody' })
  const error = await t.throwsAsync(asked, { code: 'ERR_PROVIDER_FAILED' })
  t.like(error?.cause, { code: 'ERR_NO_RESPONDERS', detail: { subject: 'nobody' } })
})
