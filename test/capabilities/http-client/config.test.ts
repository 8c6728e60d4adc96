import test from 'ava'
import { configSchema } from '../../../capabilities/http-client/config.ts'
import { allowsUrl } from '../../../capabilities/http-client/host-list.ts'
import { httpClientProvider } from '../../../capabilities/http-client/index.ts'
import { valueProblems } from '../support/linked-provider.ts'

const provider = httpClientProvider()

async function parse(values: Readonly<Record<string, string>>) {
  const parsed = await configSchema['~standard'].validate(values)
  if (parsed.issues) throw new Error(JSON.stringify(parsed.issues))
  return parsed.value
}

test('http client values - are closed and bounded where nothing is given', async (t) => {
  const { hosts, reach, ...rest } = await parse({})
  t.deepEqual(hosts, [])
  t.is(reach.refuses('127.0.0.1'), 'loopback')
  t.deepEqual(rest, {
    timeoutMs: 30_000,
    maxRedirects: 10,
    maxResponseBytes: 10_485_760,
    maxConnections: 64,
    caFile: undefined,
  })
})

test('http client values - take the names of the providers of 2020', async (t) => {
  t.like(await parse({ timeout: '5', max_redirects: '3' }), { timeoutMs: 5000, maxRedirects: 3 })
  t.like(await parse({ TIMEOUT_MS: '5', MAX_REDIRECTS: '0' }), { timeoutMs: 5, maxRedirects: 0 })
  t.deepEqual(await valueProblems(provider, { TIMEOUT_MS: '5', timeout: '5' }), [
    ': TIMEOUT_MS and timeout are both given; leave out timeout',
  ])
  t.deepEqual(await valueProblems(provider, { MAX_REDIRECTS: '5', max_redirects: '5' }), [
    ': MAX_REDIRECTS and max_redirects are both given; leave out max_redirects',
  ])
})

const wrong: [key: string, value: string][] = [
  ['HOSTS', ''],
  ['HOSTS', 'a.example,'],
  ['HOSTS', 'http://'],
  ['HOSTS', 'ftp://a.example'],
  ['HOSTS', 'a.example/path'],
  ['HOSTS', 'a.example?x'],
  ['HOSTS', 'user@a.example'],
  ['HOSTS', 'a.example:0'],
  ['HOSTS', 'a.example:65536'],
  ['HOSTS', 'a.example:80'],
  ['HOSTS', 'a.example:443'],
  ['HOSTS', 'a example'],
  ['HOSTS', '*.'],
  ['HOSTS', '*a.example'],
  ['HOSTS', 'a.*.example'],
  ['HOSTS', '**'],
  ['HOSTS', '*.*'],
  ['HOSTS', '*.127.0.0.1'],
  ['HOSTS', '[::1'],
  ['HOSTS', '::1'],
  ['HOSTS', '[fe80::1%eth0]'],
  ['HOSTS', '.'],
  ['HOSTS', 'a%2e.example'],
  ['ALLOW_PRIVATE', ''],
  ['ALLOW_PRIVATE', 'all'],
  ['ALLOW_PRIVATE', 'reserved'],
  ['ALLOW_PRIVATE', '10.0.0.0/33'],
  ['ALLOW_PRIVATE', '10.0.0.0/'],
  ['ALLOW_PRIVATE', '10.0.0/8'],
  ['ALLOW_PRIVATE', '::1/129'],
  ['ALLOW_PRIVATE', 'loopback;private'],
  ['ALLOW_PRIVATE', 'fe80::1%eth0'],
  ['TIMEOUT_MS', '0'],
  ['TIMEOUT_MS', '1s'],
  ['MAX_REDIRECTS', '51'],
  ['MAX_RESPONSE_BYTES', '-1'],
  ['MAX_CONNECTIONS', '0'],
  ['timeout', '0.5'],
  ['max_redirects', 'none'],
]

for (const [key, value] of wrong) {
  test(`http client values - refuse ${key} "${value}", and say so`, async (t) => {
    const [problem = '', ...more] = await valueProblems(provider, { [key]: value })
    t.true(problem.startsWith(`${key}: `), problem)
    t.deepEqual(more, [])
  })
}

test('http client values - refuse a key that there is not, naming those that there are', async (t) => {
  const [problem = ''] = await valueProblems(provider, { HOST: 'a.example' })
  t.regex(problem, /unknown key "HOST"; there are HOSTS, ALLOW_PRIVATE/)
})

const rules: [hosts: string, url: string, allowed: boolean][] = [
  ['a.example', 'https://a.example/', true],
  ['a.example', 'http://a.example/', true],
  ['A.Example.', 'http://a.example/', true],
  ['a.example', 'https://a.example:8443/', false],
  ['a.example', 'https://a.example:80/', false],
  ['a.example', 'https://b.example/', false],
  ['a.example', 'https://x.a.example/', false],
  ['a.example', 'https://a.example.evil.example/', false],
  ['a.example', 'https://evil-a.example/', false],
  ['*.a.example', 'https://x.a.example/', true],
  ['*.a.example', 'https://x.y.a.example/', true],
  ['*.a.example', 'https://a.example/', false],
  ['*.a.example', 'https://xa.example/', false],
  ['https://a.example', 'https://a.example/', true],
  ['https://a.example', 'http://a.example/', false],
  ['https://a.example:443', 'https://a.example/', true],
  ['http://a.example:80', 'http://a.example/', true],
  ['http://a.example:443', 'http://a.example:443/', true],
  ['a.example:8080', 'http://a.example:8080/', true],
  ['a.example:8080', 'https://a.example:8080/', true],
  ['a.example:8080', 'http://a.example/', false],
  ['a.example:*', 'http://a.example:81/', true],
  ['a.example:*', 'http://a.example/', true],
  ['*', 'http://a.example/', true],
  ['*', 'http://a.example:81/', false],
  ['*:*', 'http://a.example:81/', true],
  ['https://*', 'http://a.example/', false],
  ['b.example, a.example', 'http://a.example/', true],
  ['127.0.0.1', 'http://127.1/', true],
  ['127.1', 'http://127.0.0.1/', true],
  ['http://[0:0::1]', 'http://[::1]/', true],
  ['bücher.example', 'http://xn--bcher-kva.example/', true],
  ['xn--bcher-kva.example', 'http://bücher.example/', true],
]

for (const [hosts, url, allowed] of rules) {
  test(`HOSTS ${hosts} - ${allowed ? 'allows' : 'does not allow'} ${url}`, async (t) => {
    t.is(allowsUrl((await parse({ HOSTS: hosts })).hosts, new URL(url)), allowed)
  })
}
