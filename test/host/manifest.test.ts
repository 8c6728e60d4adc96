import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { httpServer } from '../../contracts/index.ts'
import {
  applyManifest,
  defaultLimits,
  type CapabilityProvider,
  HostError,
  type Manifest,
  parseManifest,
  readManifest,
} from '../../host/index.ts'
import { buildExampleActor } from '../../scripts/build-actors.ts'
import { counterProvider, TestHost } from '../support/test-host.ts'

const store = counterProvider({ name: 'memory-keyvalue' })
const http = {
  ...store,
  name: 'http-server',
  contract: httpServer,
  configSchema: {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (values: { PORT?: string }) =>
        values.PORT === 'high'
          ? { issues: [{ message: 'expected a number', path: ['PORT'] }, { message: 'odd' }] }
          : { value: values },
    },
  },
} as unknown as CapabilityProvider
const automatic = { ...counterProvider({ name: 'extras' }), automatic: true }
const providers = [http, store, automatic]

const parse = (text: string, env: Record<string, string> = {}): Promise<Manifest> =>
  parseManifest(text, '/etc/app/manifest.yaml', { providers, env })

/** The mistakes in a manifest, as `line path: problem`. */
async function mistakesIn(text: string, env: Record<string, string> = {}): Promise<string[]> {
  try {
    await parse(text, env)
  } catch (error) {
    if (error instanceof HostError && error.code === 'ERR_MANIFEST_INVALID') {
      const { problems } = (error as HostError<'ERR_MANIFEST_INVALID'>).detail
      return problems.map(({ line, path, problem }) => `${line} ${path}: ${problem}`)
    }
    throw error
  }
  return []
}

test('manifest - an empty one asks for nothing, and offers every provider', async (t) => {
  const manifest = await parse('')

  t.deepEqual(manifest, {
    labels: {},
    policy: {},
    limits: {},
    actors: [],
    providers,
    links: [],
    warnings: [],
    lines: { actors: [], links: [] },
  })
})

test('manifest - waSCC’s keys mean what they meant', async (t) => {
  const manifest = await parse(`
labels:
  zone: 1
actors:
  - ./kvcounter.wasm
capabilities:
  - path: ./libwascc_httpsrv.so
  - path: ./libredis_provider.so
    binding_name: default
bindings:
  - actor: MB4OLDIC3TCZ4Q4TGGOVAZC43VXFE2JQVRAXQMQFXUCREOOFEKOKZTY2
    capability: wascc:http_server
    values:
      PORT: 8081
  - actor: ./kvcounter.wasm
    capability: wascc:keyvalue
    binding: second
`)

  t.deepEqual(manifest.labels, { zone: '1' })
  t.deepEqual(manifest.actors, [{ reference: './kvcounter.wasm', path: '/etc/app/kvcounter.wasm' }])
  t.deepEqual(
    manifest.providers.map(({ name }) => name),
    ['http-server', 'memory-keyvalue', 'extras'],
  )
  t.deepEqual(manifest.links, [
    {
      actor: 'MB4OLDIC3TCZ4Q4TGGOVAZC43VXFE2JQVRAXQMQFXUCREOOFEKOKZTY2',
      contractId: 'wascc:http_server',
      linkName: 'default',
      values: { PORT: '8081' },
    },
    { actor: './kvcounter.wasm', contractId: 'wascc:keyvalue', linkName: 'second', values: {} },
  ])
  t.deepEqual(
    manifest.warnings.map(({ line, problem }) => ({ line, problem })),
    [
      { line: 7, problem: './libwascc_httpsrv.so is served by the provider http-server' },
      { line: 8, problem: './libredis_provider.so is served by the provider memory-keyvalue' },
    ],
  )
})

test('manifest - wasmCloud 0.18’s keys mean what they meant', async (t) => {
  const manifest = await parse(`
actors: [ ./kvcounter.wasm ]
capabilities:
  - image_ref: wasmcloud.azurecr.io/httpserver:0.12.1
    link_name: default
links:
  - actor: ./kvcounter.wasm
    contract_id: wasmcloud:httpserver
    provider_id: VAG3QITQQ2ODAOWB5TTQSDJ53XK3SHBEIFNK4AYJ5RKAX2UNSCAPHA5M
    values: { PORT: "8080" }
`)

  t.deepEqual(manifest.links, [
    {
      actor: './kvcounter.wasm',
      contractId: 'wasmcloud:httpserver',
      linkName: 'default',
      values: { PORT: '8080' },
    },
  ])
})

test('manifest - JSON is one, too, with limits and policy', async (t) => {
  const manifest = await parse(
    JSON.stringify({
      limits: { cpuMs: 50 },
      policy: { issuers: ['A'], actorCalls: 'any' },
      actors: [{ path: 'a.wasm', limits: { memoryBytes: 1048576, instances: 2 } }],
      links: [{ actor: 'a', contract_id: 'wascc:keyvalue', provider: 'memory-keyvalue' }],
    }),
  )

  t.deepEqual(manifest.limits, { cpuMs: 50 })
  t.deepEqual(manifest.policy, { issuers: ['A'], actorCalls: 'any' })
  t.deepEqual(manifest.actors[0]?.limits, { memoryBytes: 1048576, instances: 2 })
  t.is(manifest.links[0]?.provider, 'memory-keyvalue')
})

test('manifest - variables are expanded, with defaults, where a text stands', async (t) => {
  const text = `
limits: { cpuMs: "\${CPU:70}" }
bindings:
  - actor: \${ACTOR}
    capability: wascc:http_server
    values: { PORT: "\${PORT:8080}", NAME: "$\${PORT}", EMPTY: "\${PORT:}" }
`
  const given = await parse(text, { ACTOR: 'counter', PORT: '9000' })
  const defaults = await parse(text, { ACTOR: 'counter' })

  t.is(given.links[0]?.actor, 'counter')
  t.deepEqual(given.links[0]?.values, { PORT: '9000', NAME: '${PORT}', EMPTY: '9000' })
  t.deepEqual(defaults.links[0]?.values, { PORT: '8080', NAME: '${PORT}', EMPTY: '' })
  t.deepEqual(defaults.limits, { cpuMs: 70 })
})

test('manifest - a variable’s text cannot become structure', async (t) => {
  const manifest = await parse('bindings: [{ actor: "${A}", capability: "c:d" }]', {
    A: 'x", capability: "evil:one',
  })

  t.is(manifest.links[0]?.actor, 'x", capability: "evil:one')
  t.is(manifest.links[0]?.contractId, 'c:d')
})

test('manifest - every mistake is reported at once, with its path and line', async (t) => {
  const mistakes = await mistakesIn(`
actors:
  - ""
  - path: b.wasm
    limits: { memory: 5, cpuMs: fast, instances: -1 }
bindings:
  - actor: a
    capabilty: wascc:keyvalue
policy:
  actorCalls: sometimes
extra: 1
`)

  t.deepEqual(mistakes.sort(), [
    '10 policy.actorCalls: expected same-issuer, any or none',
    '11 extra: unknown key',
    '3 actors[0]: may not be empty',
    '5 actors[1].limits.cpuMs: is not a whole number',
    '5 actors[1].limits.instances: may not be negative',
    '5 actors[1].limits.memory: unknown key',
    '7 bindings[0].capability: is missing',
    '8 bindings[0].capabilty: unknown key',
  ])
})

for (const [what, text, mistakes] of [
  [
    'text that is not YAML',
    'actors: [',
    ['1 : Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ],
  ['a key twice', 'actors: []\nactors: []', ['2 : Map keys must be unique']],
  ['an alias', 'actors: &a []\nlinks: *a', ['2 : alias *a is not supported']],
  [
    'a variable that is not set',
    'actors: ["${NOPE}"]',
    ['1 actors[0]: environment variable NOPE is not set, and ${NOPE} gives no default'],
  ],
  [
    'a variable that is not set, beside mistakes of other kinds',
    'limits:\n  cpuMs: ${NOPE}\nnonsense: 1\nactors: 5',
    [
      '2 limits.cpuMs: environment variable NOPE is not set, and ${NOPE} gives no default',
      '3 nonsense: unknown key',
      '4 actors: expected Array, not 5',
    ],
  ],
  [
    'a list where an object belongs',
    '- a',
    ['1 : expected an object with keys such as actors and links'],
  ],
  [
    'a provider that is not there',
    'capabilities: [{ provider: redis }]',
    ['1 capabilities[0]: no provider is "redis"; there are http-server, memory-keyvalue, extras'],
  ],
  [
    'a native library of no known contract',
    'capabilities: [{ path: libfoo.so }]',
    [
      '1 capabilities[0]: no provider is "libfoo.so"; there are http-server, memory-keyvalue, extras',
    ],
  ],
  [
    'a link to no provider',
    'links: [{ actor: a, contract_id: "c:d", provider: x }]',
    [
      '1 links[0].provider: no provider is named "x"; there are http-server, memory-keyvalue, extras',
    ],
  ],
  [
    'a link to another contract’s provider',
    'links: [{ actor: a, contract_id: "wascc:keyvalue", provider: http-server }]',
    ['1 links[0].provider: http-server serves wascc:http_server, not wascc:keyvalue'],
  ],
  [
    'link values that the provider cannot take',
    'links:\n  - actor: a\n    contract_id: wascc:http_server\n    values:\n      PORT: high\n',
    ['5 links[0].values.PORT: expected a number', '4 links[0].values: odd'],
  ],
  [
    'the same link twice',
    'bindings: [{ actor: a, capability: "wascc:keyvalue" }]\nlinks: [{ actor: a, contract_id: "wasmcloud:keyvalue" }]',
    ['2 links[0]: says again what bindings[0] says'],
  ],
] as const) {
  test(`manifest - refuses ${what}`, async (t) => {
    t.deepEqual(await mistakesIn(text), [...mistakes])
  })
}

test('manifest - what is hostile is a mistake or harmless, never a crash', async (t) => {
  const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`
  for (const text of [
    '__proto__: { polluted: 1 }',
    'labels: { __proto__: x }',
    'constructor: 1',
    '\0',
    '!!js/function "x"',
    deep,
    `actors: ${deep}`,
    '? [a]\n: b',
  ]) {
    t.true((await mistakesIn(text)).length >= 0)
  }
  t.is(({} as Record<string, unknown>)['polluted'], undefined)
})

test('readManifest - names the file that is not there', async (t) => {
  await t.throwsAsync(() => readManifest('/nowhere/manifest.yaml', { providers }), {
    instanceOf: HostError,
    code: 'ERR_MODULE_NOT_FOUND',
  })
})

test('readManifest - refuses a file too large for one, and one that is no text', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'wash-ts-manifest-'))
  t.teardown(() => rm(folder, { recursive: true }))
  for (const [name, content] of [
    ['large.yaml', `# ${'x'.repeat(1024 * 1024)}`],
    ['binary.yaml', Uint8Array.of(0xff, 0xfe, 0x80)],
  ] as const) {
    await writeFile(join(folder, name), content)
    await t.throwsAsync(() => readManifest(join(folder, name), { providers }), {
      code: 'ERR_MODULE_NOT_FOUND',
    })
  }
})

test('applyManifest - starts the actors and links them', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'wash-ts-manifest-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const { path } = await buildExampleActor('kvcounter')
  await copyFile(path, join(folder, 'counter.wasm'))
  const file = join(folder, 'app.yaml')
  await writeFile(
    file,
    'actors: [counter.wasm]\nbindings: [{ actor: counter.wasm, capability: "wascc:keyvalue" }]\n',
  )
  const counter = counterProvider()
  const manifest = await readManifest(file, { providers: [counter] })
  await using host = new TestHost({ providers: manifest.providers })

  const [actor] = await applyManifest(host, manifest)

  t.is(actor?.links.length, 1)
  t.like(await host.callJson(actor?.id ?? '', 'HandleRequest', { path: '/visits' }), {
    body: '{"counter":1}',
  })
})

test('docs/manifest.md - shows a manifest without mistakes, and the limits there are', async (t) => {
  const page = await readFile(new URL('../../docs/manifest.md', import.meta.url), 'utf8')
  const example = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? ''

  t.deepEqual(await mistakesIn(example), [])
  for (const [name, value] of Object.entries(defaultLimits)) {
    t.regex(page, new RegExp(`\`${name}\`.*\\b${value}\\b`), name)
  }
})

for (const [name, text, expected] of [
  ['names that never end', '${'.repeat(200_000), '${'.repeat(200_000)],
  ['defaults that never end', '${A:'.repeat(100_000), '${A:'.repeat(100_000)],
  ['escapes after the last brace', '${A:b}$${C', 'b${C'],
  ['a default full of beginnings', `\${A:${'${'.repeat(100_000)}}`, '${'.repeat(100_000)],
] as const) {
  test(`parseManifest - reads a text of ${name} in one go`, async (t) => {
    const { labels } = await parse(JSON.stringify({ labels: { text } }))
    t.true(labels['text'] === expected)
  })
}
