import test from 'ava'
import {
  type CapabilityProvider,
  type HostError,
  type Manifest,
  parseManifest,
  type ProviderFile,
} from '../../host/index.ts'
import { counterProvider } from '../support/test-host.ts'

const stock = [counterProvider({ name: 'memory-keyvalue' })]
const own = counterProvider({ name: 'own' })

async function parse(
  text: string,
  load: (file: ProviderFile) => CapabilityProvider | undefined,
): Promise<{ manifest: Manifest; files: readonly ProviderFile[] }> {
  const files: ProviderFile[] = []
  const manifest = await parseManifest(text, '/etc/app/manifest.yaml', {
    providers: stock,
    loadProvider: async (file) => {
      files.push(file)
      return load(file)
    },
  })
  return { manifest, files }
}

async function problemsOf(text: string, load: () => CapabilityProvider): Promise<string[]> {
  try {
    await parse(text, load)
    return []
  } catch (error) {
    const { problems } = (error as HostError<'ERR_MANIFEST_INVALID'>).detail
    return problems.map(({ line, path, problem }) => `${line} ${path}: ${problem}`)
  }
}

test('parseManifest - has a provider loaded from the file that a capability names', async (t) => {
  const text = [
    'policy: { issuers: [A1] }',
    'limits: { cpuMs: 50 }',
    'capabilities: [{ path: lib/own.wasm }, { provider: memory-keyvalue }]',
    'links: [{ actor: a, contract_id: "wascc:keyvalue", provider: own }]',
  ]

  const { manifest, files } = await parse(text.join('\n'), () => own)

  t.deepEqual(manifest.providers, [own, ...stock])
  t.deepEqual(manifest.warnings, [])
  t.deepEqual(files, [
    { path: '/etc/app/lib/own.wasm', policy: { issuers: ['A1'] }, limits: { cpuMs: 50 } },
  ])
})

test('parseManifest - a stock provider stands in for a file that is not loaded', async (t) => {
  const { manifest } = await parse('capabilities: [{ path: libkeyvalue.so }]', () => undefined)

  t.deepEqual(manifest.providers, stock)
  t.is(manifest.warnings.length, 1)
})

test('parseManifest - says on its line why a file is not loaded, and nothing else of it', async (t) => {
  const problems = await problemsOf('capabilities:\n  - path: own.wasm\n', () => {
    throw new Error('signed by nobody')
  })

  t.deepEqual(problems, ['2 capabilities[0]: signed by nobody'])
})

test('parseManifest - two providers of one name are a mistake', async (t) => {
  const twice = 'capabilities: [{ path: a.wasm }, { provider: memory-keyvalue }]'

  t.deepEqual(await problemsOf(twice, () => counterProvider({ name: 'memory-keyvalue' })), [
    '1 capabilities[0]: another provider is named memory-keyvalue',
  ])
})
