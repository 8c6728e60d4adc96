import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import {
  type CapabilityProvider,
  HostError,
  LiveManifest,
  type Manifest,
  type ManifestChanges,
  readManifest,
} from '../../host/index.ts'
import { KeyPair } from '../../signing/index.ts'
import { buildActor, signFixture } from '../support/actors.ts'
import { counterProvider, TestHost } from '../support/test-host.ts'

const contracts = ['wascc:keyvalue']
const keys = { a: KeyPair.generate('module'), b: KeyPair.generate('module') }

/** A folder with the actors a and b in two revisions, and what is no actor. */
async function actorFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'wash-ts-live-'))
  const wasm = await buildActor('probe')
  const write = async (file: string, name: 'a' | 'b', more: object = {}) =>
    writeFile(
      join(path, file),
      await signFixture(wasm, { name, contracts, revision: 1, ...more }, { subject: keys[name] }),
    )
  await write('a1.wasm', 'a')
  await write('a2.wasm', 'a', { revision: 2 })
  await write('a0.wasm', 'a', { revision: 0, callAlias: 'team/a' })
  await write('a-unclaimed.wasm', 'a', { revision: 3, contracts: [] })
  await write('b1.wasm', 'b')
  await write('b-alias.wasm', 'b', { callAlias: 'team/a' })
  await writeFile(join(path, 'half.wasm'), (await buildActor('probe')).subarray(0, 1_000))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

/**
 * A provider whose links each take a port, which no two may have; port 13 cannot be had at all, and
 * whatever it serves remembers its port.
 */
function portProvider(name: string, taken: Map<string, string>): CapabilityProvider {
  const provider = counterProvider({ name })
  return {
    ...provider,
    link: async (context: Parameters<typeof provider.link>[0]) => {
      const config = context.config as Record<string, string>
      const port = config['PORT'] ?? ''
      if (port === '13') throw new Error('port 13 cannot be had')
      const owner = taken.get(port)
      if (port !== '' && owner !== undefined) {
        const { id } = context.actor
        const detail = { actor: id, contractId: 'wascc:keyvalue', linkName: '', reason: 'port' }
        throw new HostError('ERR_LINK_CONFLICT', detail, `port ${port} is taken by ${owner}`)
      }
      if (port !== '') taken.set(port, context.actor.name)
      const link = await provider.link(context)
      return {
        ...link,
        info: { port },
        [Symbol.asyncDispose]: async () => {
          taken.delete(port)
        },
      }
    },
  }
}

/** Fresh providers, and the ports that their links have. */
function freshProviders(): { providers: CapabilityProvider[]; taken: Map<string, string> } {
  const taken = new Map<string, string>()
  return { providers: [portProvider('first', taken), portProvider('second', taken)], taken }
}

async function parsed(
  folder: string,
  text: string,
  providers: readonly CapabilityProvider[],
): Promise<Manifest> {
  const path = join(folder, 'app.yaml')
  await writeFile(path, text)
  return readManifest(path, { providers })
}

/** What counts of a host: what runs, with which bounds, linked to what. */
function stateOf(host: TestHost): unknown {
  const { actors, linkDefinitions, providers } = host.inventory()
  const names = new Map(actors.map(({ id, name }) => [id, name]))
  return {
    actors: actors
      .map(({ name, revision, callAlias, limits, links }) => ({
        ...{ name, revision, callAlias, cpuMs: limits.cpuMs },
        links: links
          .map(({ linkName, provider, info }) => `${linkName} ${provider} ${info['port']}`)
          .sort(),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    definitions: linkDefinitions
      .map(({ actor, linkName = 'default', provider = 'none', values = {} }) =>
        [names.get(actor) ?? actor, linkName, provider, JSON.stringify(values)].join(' '),
      )
      .sort(),
    providers: providers.map(({ name }) => name).sort(),
  }
}

const link = (actor: string, port: number, more = ''): string =>
  `  - { actor: ${actor}, contract_id: "wascc:keyvalue", values: { PORT: ${port} }${more} }`

/** Manifests between any two of which an edit may lead. */
const states: Readonly<Record<string, string>> = {
  nothing: '',
  'one actor': 'actors: [a1.wasm]',
  'two linked actors': `actors: [a1.wasm, b1.wasm]\nlinks:\n${link('a1.wasm', 1)}\n${link('b1.wasm', 2)}`,
  'ports exchanged': `actors: [a1.wasm, b1.wasm]\nlinks:\n${link('a1.wasm', 2)}\n${link('b1.wasm', 1)}`,
  'a port handed on': `actors: [a1.wasm, b1.wasm]\nlinks:\n${link('a', 3)}\n${link('b', 1)}`,
  'another revision': `actors: [a2.wasm, b1.wasm]\nlinks:\n${link('a2.wasm', 1)}`,
  'a lower revision, an alias': `actors: [a0.wasm]\nlinks:\n${link('team/a', 2)}`,
  'the other has the alias': `actors: [b-alias.wasm]\nlinks:\n${link('team/a', 2)}`,
  'no claim, no link': 'actors: [a-unclaimed.wasm]',
  'limits of all': `limits: { cpuMs: 70 }\nactors: [a1.wasm]\nlinks:\n${link('a1.wasm', 1)}`,
  'limits of one': 'actors: [{ path: a1.wasm, limits: { cpuMs: 50 } }, b1.wasm]',
  'the other provider': `actors: [a1.wasm]\nlinks:\n${link('a1.wasm', 1, ', provider: second')}`,
  'the other provider first': `capabilities: [{ provider: second }, { provider: first }]\nactors: [a1.wasm]\nlinks:\n${link('a1.wasm', 1)}`,
  'only the other provider': `capabilities: [{ provider: second }]\nactors: [a1.wasm]\nlinks:\n${link('a1.wasm', 1)}`,
  'two links': `actors: [a1.wasm]\nlinks:\n${link('a1.wasm', 1)}\n${link('a1.wasm', 2, ', link_name: more')}`,
  'a link of none here': `actors: [b1.wasm]\nlinks:\n${link('elsewhere', 1)}`,
}

for (const [from, before] of Object.entries(states)) {
  test(`LiveManifest - from "${from}" every edit leads to what starting anew would`, async (t) => {
    t.timeout(60_000)
    await using folder = await actorFolder()
    for (const [to, after] of Object.entries(states)) {
      const { providers, taken } = freshProviders()
      const first = await parsed(folder.path, before, providers)
      await using host = new TestHost({ providers: first.providers, policy: first.policy })
      const live = await LiveManifest.apply(host, first, 'app.yaml')
      await live.edit(await parsed(folder.path, after, providers))

      const fresh = freshProviders()
      const anew = await parsed(folder.path, after, fresh.providers)
      await using other = new TestHost({ providers: anew.providers })
      await LiveManifest.apply(other, anew, 'app.yaml')
      t.deepEqual(stateOf(host), stateOf(other), `${from} -> ${to}`)
      t.deepEqual(Object.fromEntries(taken), Object.fromEntries(fresh.taken), `${from} -> ${to}`)
    }
  })
}

const broken: readonly (readonly [what: string, text: string, line: number, code: string])[] = [
  ['a file that is not there', 'actors:\n  - a1.wasm\n  - nowhere.wasm', 3, 'ERR_MODULE_NOT_FOUND'],
  ['a half-written file', 'actors:\n  - half.wasm', 2, 'ERR_WASM_MALFORMED'],
  ['two files of one key', 'actors:\n  - a1.wasm\n  - a2.wasm', 3, 'ERR_ACTOR_EXISTS'],
  [
    'a link that cannot be had, after much that can',
    `actors: [a2.wasm, b1.wasm]\nlinks:\n${link('a2.wasm', 7)}\n${link('b1.wasm', 13)}`,
    4,
    'ERR_LINK_FAILED',
  ],
  [
    'two links that want one port',
    `actors: [a1.wasm, b1.wasm]\nlinks:\n${link('a1.wasm', 5)}\n${link('b1.wasm', 5)}`,
    4,
    'ERR_LINK_CONFLICT',
  ],
  [
    'a module without the claim that its link needs',
    `actors:\n  - a-unclaimed.wasm\nlinks:\n${link('a-unclaimed.wasm', 1)}`,
    2,
    'ERR_UPDATE_REFUSED',
  ],
  [
    'a call alias that is another’s',
    'actors:\n  - a0.wasm\n  - b-alias.wasm',
    3,
    'ERR_ACTOR_EXISTS',
  ],
]
for (const [what, text, line, code] of broken) {
  test(`LiveManifest - an edit with ${what} changes nothing, and names the line`, async (t) => {
    await using folder = await actorFolder()
    for (const before of [
      'two linked actors',
      'two links',
      'limits of all',
      'only the other provider',
    ]) {
      const { providers, taken } = freshProviders()
      const first = await parsed(folder.path, states[before] ?? '', providers)
      await using host = new TestHost({ providers: first.providers })
      const live = await LiveManifest.apply(host, first, 'app.yaml')
      // A link need not be among those that the manifest states to be disturbed.
      const state = stateOf(host)
      const ports = new Map(taken)
      const next = await parsed(folder.path, text, providers)

      const error = await t.throwsAsync<HostError<'ERR_MANIFEST_NOT_APPLIED'>>(
        () => live.edit(next),
        { instanceOf: HostError, code: 'ERR_MANIFEST_NOT_APPLIED' },
        before,
      )

      if (before === 'two linked actors') t.like(error?.detail, { line, reason: { code } })
      t.deepEqual(error?.detail.left, [])
      t.deepEqual(stateOf(host), state, before)
      t.deepEqual(Object.fromEntries(taken), Object.fromEntries(ports))
      t.is(live.manifest, first)
      await live.edit(await parsed(folder.path, states['one actor'] ?? '', providers))
      t.is(host.inventory().actors.length, 1)
    }
  })
}

test('LiveManifest - an edit says what it did', async (t) => {
  await using folder = await actorFolder()
  const { providers } = freshProviders()
  const first = await parsed(
    folder.path,
    `actors: [a1.wasm]\nlinks:\n${link('a1.wasm', 1)}`,
    providers,
  )
  await using host = new TestHost({ providers: first.providers })
  const live = await LiveManifest.apply(host, first, 'app.yaml')
  const text = `labels: { zone: b }\npolicy: { actorCalls: any }\nactors: [a2.wasm, b1.wasm]\nlinks:\n${link('b1.wasm', 1)}`

  const changes: ManifestChanges = await live.edit(await parsed(folder.path, text, providers))

  t.like(changes.updated[0], { name: 'a', oldRevision: 1, revision: 2, links: [] })
  t.like(changes.started[0], { name: 'b', revision: 1 })
  t.is(changes.started[0]?.links[0]?.info['port'], '1')
  t.is(changes.unlinked[0]?.actor, keys.a.publicKey)
  t.is(changes.linked[0]?.actor, keys.b.publicKey)
  t.deepEqual(changes.needRestart, ['labels', 'policy'])
  const stop = await live.edit(await parsed(folder.path, text.replace('a2.wasm, ', ''), providers))
  t.deepEqual(stop.stopped, [{ id: keys.a.publicKey, name: 'a' }])
  t.deepEqual([...stop.linked, ...stop.unlinked, ...stop.started, ...stop.updated], [])
})

test('LiveManifest - the same content changes nothing, however new the file is', async (t) => {
  await using folder = await actorFolder()
  const { providers } = freshProviders()
  const text = states['two links'] ?? ''
  const first = await parsed(folder.path, text, providers)
  await using host = new TestHost({ providers: first.providers })
  const live = await LiveManifest.apply(host, first, 'app.yaml')
  const events = host.events.length

  const changes = await live.edit(await parsed(folder.path, `${text}\n# edited`, providers))

  t.deepEqual([...changes.updated, ...changes.linked, ...changes.unlinked], [])
  t.is(host.events.length, events)
})

test('LiveManifest - leaves alone what others did, unless the manifest is edited there', async (t) => {
  await using folder = await actorFolder()
  const { providers } = freshProviders()
  const text = `actors: [a1.wasm]\nlinks:\n${link('a1.wasm', 1)}`
  const first = await parsed(folder.path, text, providers)
  await using host = new TestHost({ providers: first.providers })
  const live = await LiveManifest.apply(host, first, 'app.yaml')
  await host.swap({ contractId: 'wascc:keyvalue', provider: 'second', values: { PORT: '8' } })
  const echo = await host.startActor(await signFixture(await buildActor('echo'), { name: 'echo' }))

  await live.edit(
    await parsed(folder.path, text.replace('[a1.wasm]', '[a1.wasm, b1.wasm]'), providers),
  )

  t.is(host.inventory().actors.find(({ name }) => name === 'a')?.links[0]?.provider, 'second')
  t.true(host.inventory().actors.some(({ id }) => id === echo.id))
  await live.edit(await parsed(folder.path, text.replace('PORT: 1', 'PORT: 9'), providers))
  t.is(host.inventory().actors.find(({ name }) => name === 'a')?.links[0]?.provider, 'first')
})

test('LiveManifest - starts an actor again that somebody stopped, once its file changes', async (t) => {
  await using folder = await actorFolder()
  const { providers } = freshProviders()
  const text = `actors: [a1.wasm]\nlinks:\n${link('a1.wasm', 1)}`
  const first = await parsed(folder.path, text, providers)
  await using host = new TestHost({ providers: first.providers })
  const live = await LiveManifest.apply(host, first, 'app.yaml')
  await host.stopActor('a')
  await live.edit(await parsed(folder.path, `${text} # same`, providers))
  t.is(host.inventory().actors.length, 0)

  const changes = await live.edit(await parsed(folder.path, text.replaceAll('a1', 'a2'), providers))

  t.is(changes.started[0]?.name, 'a')
  t.is(changes.started[0]?.links.length, 1)
})

test('LiveManifest.apply - fails with what went wrong, and leaves nothing running', async (t) => {
  await using folder = await actorFolder()
  const { providers } = freshProviders()
  const text = `actors: [a1.wasm, b1.wasm]\nlinks:\n${link('a1.wasm', 13)}`
  const manifest = await parsed(folder.path, text, providers)
  await using host = new TestHost({ providers: manifest.providers })
  await t.throwsAsync(() => LiveManifest.apply(host, manifest, 'app.yaml'), {
    code: 'ERR_LINK_FAILED',
  })
  t.deepEqual(host.inventory().actors, [])
})
