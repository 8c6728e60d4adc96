import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { archiveProvider } from '../../../capabilities/archive-provider/index.ts'
import { memoryKeyValueProvider, stockProviders } from '../../../capabilities/index.ts'
import type { KeyValueItem, RawOperations } from '../../../contracts/index.ts'
import { type HostError, readManifest, silentLogger } from '../../../host/index.ts'
import { createArchive, KeyPair, type SigningError } from '../../../signing/index.ts'
import { buildActor } from '../../support/actors.ts'
import { TestHost } from '../../support/test-host.ts'
import { linkedActor, linkProvider, valueProblems } from '../support/linked-provider.ts'
import {
  archiveOf,
  archiveOfFile,
  atOnce,
  isThere,
  keyValueCode,
  RecordingLog,
} from './support/archives.ts'

const contractId = 'wascc:keyvalue'

async function kvHost(): Promise<{ host: TestHost; id: string; visit: () => Promise<string> }> {
  const host = new TestHost({ providers: [memoryKeyValueProvider()] })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  const visit = async (): Promise<string> => {
    const answer = await host.callJson(id, 'HandleRequest', { path: '/visits' })
    return (answer as { body: string }).body
  }
  return { host, id, visit }
}

test('archiveProvider - serves an actor of a host', async (t) => {
  const { host, id, visit } = await kvHost()
  await using _ = host
  await host.addProvider(await archiveProvider(await archiveOfFile('keyvalue.ts')))
  const link = await host.link({ actor: id, contractId, provider: 'archived' })
  t.like(link?.info, { store: 'memory' })
  t.deepEqual([await visit(), await visit()], ['{"counter":1}', '{"counter":2}'])
  const pid = Number(link?.info['pid'])
  t.true(isThere(pid))
  await host.stop()
  t.false(isThere(pid))
})

test('archiveProvider - takes the place of memory and gives it back, and no call is lost', async (t) => {
  const { host, id, visit } = await kvHost()
  await using _ = host
  await host.link({ actor: id, contractId })
  await host.addProvider(await archiveProvider(await archiveOfFile('keyvalue.ts')))
  const state = { going: true, answered: 0 }
  const calls = Array.from({ length: 4 }, async () => {
    while (state.going) {
      t.regex(await visit(), /^\{"counter":\d+\}$/)
      state.answered++
    }
  })
  for (const provider of ['archived', 'memory-keyvalue', 'archived', 'memory-keyvalue']) {
    const { links } = await host.swap({ contractId, provider })
    t.is(links, 1)
    for (let more = 0; more < 10; more++) await visit()
  }
  state.going = false
  await Promise.all(calls)
  t.true(state.answered > 10)
  t.deepEqual(
    host.inventory().actors[0]?.links.map(({ provider }) => provider),
    ['memory-keyvalue'],
  )
})

test('archiveProvider - what is kept moves with a swap, both ways', async (t) => {
  const { host, id, visit } = await kvHost()
  await using _ = host
  const provider = await archiveProvider(await archiveOfFile('keyvalue.ts'))
  await host.link({ actor: id, contractId })
  await host.addProvider(provider)
  t.is(await visit(), '{"counter":1}')
  const there = await host.swap({ contractId, provider: 'archived', copy: true })
  t.like(there.copied, { keys: 1, failed: [] })
  t.is(await visit(), '{"counter":2}')
  const back = await host.swap({ contractId, provider: 'memory-keyvalue', copy: true })
  t.like(back.copied, { keys: 1, failed: [] })
  t.is(await visit(), '{"counter":3}')
})

test('archiveProvider - closes a link that opens only when nobody wants it any more', async (t) => {
  const log = new RecordingLog()
  const code = keyValueCode('')
    .replace(
      'link: (context) => {',
      `link: async (context) => {
      if (context.linkName === 'slow') {
        console.log('opening')
        await new Promise((resolve) => context.signal.addEventListener('abort', resolve))
        console.log('aborted')
      }`,
    )
    .replace('state.closed++', 'console.log(`closed ${context.linkName}`)')
  const provider = await archiveProvider(await archiveOf(code), { log: log.logger })
  const abort = new AbortController()
  const context = {
    ...{ config: {}, actor: linkedActor('MA', 'a'), log: silentLogger },
    invoke: () => Promise.reject(new Error('none')),
  }
  const staying = await provider.link({
    ...context,
    linkName: 'other',
    signal: new AbortController().signal,
  })
  const opening = Promise.resolve(
    provider.link({ ...context, linkName: 'slow', signal: abort.signal }),
  )
  const refused = t.throwsAsync(opening)
  await log.line(({ facts }) => facts['line'] === 'opening')
  abort.abort()
  await refused
  await log.line(({ facts }) => facts['line'] === 'aborted')
  await log.line(({ facts }) => facts['line'] === 'closed slow')
  await staying[Symbol.asyncDispose]?.()
})

test('archiveProvider - operations may be methods of a class, and nothing that every object has', async (t) => {
  const code = `import { defineProvider } from 'wash-ts/provider'
class Operations { Echo(bytes) { return bytes } }
export default defineProvider({ name: 'a', contract: 'acme:thing', link: () => ({ operations: new Operations() }) })`
  const provider = await archiveProvider(await archiveOf(code, { contractId: 'acme:thing' }))
  await using link = await linkProvider<RawOperations>(provider as never)
  t.is(Buffer.from(await link.ask('Echo', Buffer.from('x'))).toString(), 'x')
  for (const operation of ['toString', 'constructor', '__proto__', 'Other']) {
    await t.throwsAsync(async () => link.ask(operation, Buffer.from('x')), {
      code: 'ERR_OPERATION_UNKNOWN',
    })
  }
})

test('archiveProvider - lists what a link keeps, page by page, and reads and writes it', async (t) => {
  const provider = await archiveProvider(await archiveOfFile('keyvalue.ts'))
  const context = {
    ...{ config: {}, actor: linkedActor('MA', 'a'), linkName: 'default', log: silentLogger },
    ...{ signal: new AbortController().signal, invoke: () => Promise.reject(new Error('none')) },
  }
  const link = await provider.link(context)
  const { content } = link
  const { signal } = context
  const wanted = Array.from({ length: 1201 }, (_, index) => `key ${index}`)
  const items: Readonly<Record<string, KeyValueItem>> = {
    'key 1': { kind: 'list', items: ['b', 'a'] },
    'key 2': { kind: 'set', items: ['x'] },
  }
  for (const key of wanted) {
    await content?.write(key, items[key] ?? { kind: 'text', text: key }, signal)
  }
  const listed: string[] = []
  for await (const key of content?.keys(signal) ?? []) listed.push(key)
  t.deepEqual(listed.sort(), wanted.sort())
  t.deepEqual(await content?.read('key 1', signal), items['key 1'])
  t.deepEqual(await content?.read('key 2', signal), items['key 2'])
  t.deepEqual(await content?.read('key 3', signal), { kind: 'text', text: 'key 3' })
  await content?.write('key 3', undefined, signal)
  t.is(await content?.read('key 3', signal), undefined)
  await link[Symbol.asyncDispose]?.()
})

test('archiveProvider - a link that is stated anew keeps its process, and calls go on', async (t) => {
  const { host, id, visit } = await kvHost()
  await using _ = host
  await host.addProvider(await archiveProvider(await archiveOfFile('keyvalue.ts')))
  const first = await host.link({ actor: id, contractId, provider: 'archived' })
  await visit()
  const second = await host.link({
    actor: id,
    contractId,
    provider: 'archived',
    values: { A: '1' },
  })
  t.is(second?.info['pid'], first?.info['pid'])
  t.is(await visit(), '{"counter":2}')
})

test('archiveProvider - a failure of the provider reaches the host’s caller with its code', async (t) => {
  const { host, id } = await kvHost()
  await using _ = host
  const code = keyValueCode(
    "Add() { throw new ProviderError('ERR_QUOTA', { left: 0 }, 'no quota') }",
  )
  await host.addProvider(await archiveProvider(await archiveOf(code)))
  await host.link({ actor: id, contractId, provider: 'archived' })
  const error = await t.throwsAsync<HostError>(
    host.callJson(id, 'HandleRequest', { path: '/' }) as Promise<never>,
    { code: 'ERR_PROVIDER_FAILED' },
  )
  t.like(error, { detail: { provider: 'archived', operation: 'Add', reason: 'no quota' } })
  t.like(error?.cause, { code: 'ERR_QUOTA', detail: { left: 0 } })
})

test('archiveProvider - is refused where the policy does not trust its issuer', async (t) => {
  const issuer = KeyPair.generate('account')
  const bytes = await archiveOf(keyValueCode(''), {}, { issuer })
  const others = { issuers: [KeyPair.generate('account').publicKey] }
  const denied = { code: 'ERR_POLICY_DENIED' }
  await t.throwsAsync(archiveProvider(bytes, others), denied)
  const provider = await archiveProvider(bytes, { issuers: [issuer.publicKey] })
  await using strict = new TestHost({ policy: others, providers: [memoryKeyValueProvider()] })
  await t.throwsAsync(strict.addProvider(provider), denied)
  await t.throwsAsync(strict.replaceProvider('memory-keyvalue', provider), denied)
  await using trusting = new TestHost({ policy: { issuers: [issuer.publicKey] } })
  await trusting.addProvider(provider)
  t.is(trusting.inventory().providers.length, 1)
})

test('archiveProvider - verifies what it is given, and has a name that can be used', async (t) => {
  const code = keyValueCode('')
  const bytes = Buffer.from(await archiveOf(code))
  const { name, summary, claims } = await archiveProvider(bytes)
  t.is(name, 'archived')
  t.is(summary, 'provider archive of Acme')
  t.is((await archiveProvider(await archiveOf(code, { name: '\x1b[2J' }))).name.length, 56)
  t.is((await archiveProvider(bytes, { name: 'mine' })).name, 'mine')
  t.truthy(claims)
  const changed = Buffer.from(bytes)
  changed.write('X', bytes.lastIndexOf('opened'))
  await t.throwsAsync(archiveProvider(changed), { code: 'ERR_ARCHIVE_HASH' })
  const expired = await archiveOf(code, { expiresAt: new Date(1000) })
  await t.throwsAsync(archiveProvider(expired), { code: 'ERR_CLAIMS_EXPIRED' })
  const native = await createArchive(
    { contractId: 'a:b', vendor: 'Acme' },
    new Map([['x86_64-linux', Buffer.from('ELF')]]),
    { issuer: KeyPair.generate('account'), subject: KeyPair.generate('service') },
  )
  await t.throwsAsync(archiveProvider(native), { code: 'ERR_ARCHIVE_TARGET' })
  await t.throwsAsync(archiveProvider('/nowhere/a.par'), { code: 'ERR_MODULE_NOT_FOUND' })
  await t.throwsAsync(archiveProvider(tmpdir()), { code: 'ERR_MODULE_NOT_FOUND' })
})

test('archiveProvider - serves nobody any more once its claims have expired', async (t) => {
  let now = 1_000_000
  const bytes = await createArchive(
    { contractId, vendor: 'Acme', expiresAt: new Date(2_000_000) },
    new Map([['node', Buffer.from(keyValueCode(''))]]),
    { issuer: KeyPair.generate('account'), subject: KeyPair.generate('service') },
    { now: new Date(now) },
  )
  const provider = await archiveProvider(bytes, { ...atOnce, now: () => now })
  await using link = await linkProvider(provider as never)
  const ask = link.ask as (operation: string, request: unknown) => Promise<unknown>
  t.like(await ask('Get', { key: 'a' }), { value: 'a' })
  now = 2_000_000
  const expired = { code: 'ERR_CLAIMS_EXPIRED' }
  await t.throwsAsync<SigningError>(ask('Get', { key: 'a' }) as Promise<never>, expired)
  await t.throwsAsync(linkProvider(provider as never), expired)
})

test('archiveProvider - holds link values to the schema in its claims, and to the provider’s own', async (t) => {
  const code = keyValueCode('').replace(
    'contract: keyvalue,',
    "contract: keyvalue, configSchema: (values) => { if (values.URL === 'x') throw new Error('URL must be one'); return values },",
  )
  const configSchema = {
    type: 'object',
    properties: { URL: { type: 'string' }, MODE: { enum: ['fast', 'safe'] } },
    required: ['URL'],
    additionalProperties: false,
  }
  const provider = await archiveProvider(await archiveOf(code, { configSchema }))
  t.deepEqual(await valueProblems(provider, { URL: 'a', MODE: 'safe' }), [])
  t.deepEqual(await valueProblems(provider, { MODE: 'slow', OTHER: '' }), [
    'URL: is missing',
    'MODE: "slow" is not one of "fast", "safe"',
    'OTHER: unknown key; there are URL, MODE',
  ])
  t.deepEqual(await valueProblems(provider, { URL: 5 }), [': link values must be a map of text'])
  const error = await t.throwsAsync<HostError>(
    linkProvider(provider as never, { values: { URL: 'x' } }) as Promise<never>,
    { code: 'ERR_LINK_CONFIG' },
  )
  t.deepEqual(error?.detail, {
    provider: 'archived',
    issues: [{ key: '', problem: 'URL must be one' }],
  })
})

test('readManifest - loads the archives that it names, by path, name or key', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'wash-ts-manifest-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const subject = KeyPair.generate('service')
  await writeFile(join(folder, 'kv.par'), await archiveOf(keyValueCode(''), {}, { subject }))
  await writeFile(join(folder, 'other.wasm'), 'x')
  await writeFile(join(folder, 'kvcounter.wasm'), await buildActor('kvcounter'))
  const reading = (text: string): ReturnType<typeof readManifest> => {
    const path = join(folder, 'manifest.yaml')
    return writeFile(path, text).then(() =>
      readManifest(path, {
        providers: stockProviders(),
        loadProvider: async ({ path: file }) =>
          file.endsWith('.par') ? archiveProvider(file) : undefined,
      }),
    )
  }
  for (const [capability, reference] of [
    ['path: ./kv.par', './kv.par'],
    ['image_ref: kv.par', 'archived'],
    ['path: kv.par', subject.publicKey],
  ]) {
    const { providers, links, warnings } = await reading(`
capabilities: [{ ${capability} }, { provider: memory-keyvalue }]
actors: [kvcounter.wasm]
links: [{ actor: kvcounter.wasm, contract_id: wascc:keyvalue, provider: ${reference} }]`)
    t.is(providers[0]?.name, 'archived')
    t.is(links[0]?.provider, 'archived')
    t.deepEqual(warnings, [])
  }
  await writeFile(join(folder, 'kv.par'), 'not an archive')
  const error = await t.throwsAsync<HostError<'ERR_MANIFEST_INVALID'>>(
    reading('capabilities:\n  - provider: memory-keyvalue\n  - path: ./kv.par'),
    { code: 'ERR_MANIFEST_INVALID' },
  )
  t.like(error?.detail.problems[0], { line: 3, path: 'capabilities[1]' })
})
