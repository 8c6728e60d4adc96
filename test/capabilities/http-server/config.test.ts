import test from 'ava'
import { configSchema } from '../../../capabilities/http-server/config.ts'

async function parse(values: Record<string, string>): Promise<unknown> {
  const result = await configSchema['~standard'].validate(values)
  return result.issues ? result.issues.map(({ message }) => message) : result.value
}

async function firstIssue(values: Record<string, string>): Promise<string> {
  const [issue] = (await parse(values)) as string[]
  return issue ?? ''
}

test('configSchema - listens on loopback, port 8080, for every host and path by default', async (t) => {
  t.deepEqual(await parse({}), {
    addresses: [{ ip: '127.0.0.1', port: 8080 }],
    host: undefined,
    pathPrefix: '',
    timeoutMs: undefined,
    maxBodyBytes: 10 * 1024 * 1024,
    maxHeaders: 100,
    listener: {},
    workersGiven: false,
  })
})

test('configSchema - takes every value', async (t) => {
  const values = {
    PORT: '80',
    BIND: '0.0.0.0, 10.0.0.1:81,[::1]:82,::1',
    PATH: '/api/',
    HOST: 'Www.Example.com',
    TIMEOUT_MS: '1',
    MAX_BODY_BYTES: '2',
    MAX_HEADERS: '3',
    MAX_HEADER_BYTES: '256',
    HEADERS_TIMEOUT_MS: '4',
    REQUEST_TIMEOUT_MS: '5',
    KEEP_ALIVE_MS: '0',
    MAX_CONNECTIONS: '6',
    WORKERS: '7',
  }
  t.deepEqual(await parse(values), {
    addresses: [
      { ip: '0.0.0.0', port: 80 },
      { ip: '10.0.0.1', port: 81 },
      { ip: '::1', port: 82 },
      { ip: '::1', port: 80 },
    ],
    host: 'www.example.com',
    pathPrefix: '/api',
    timeoutMs: 1,
    maxBodyBytes: 2,
    maxHeaders: 3,
    listener: {
      maxHeaderBytes: 256,
      headersTimeoutMs: 4,
      requestTimeoutMs: 5,
      keepAliveMs: 0,
      maxConnections: 6,
    },
    workersGiven: true,
  })
})

test('configSchema - names an unknown key, and those there are', async (t) => {
  const issue = await firstIssue({ PROT: '80' })
  t.true(issue.includes('"PROT"'), issue)
  t.true(issue.includes('PORT, BIND, PATH, HOST'), issue)
})

for (const [key, text] of [
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['PORT', '80a'],
  ['PORT', ''],
  ['BIND', 'example.com'],
  ['BIND', '1.2.3.4:65536'],
  ['BIND', '1.2.3'],
  ['BIND', '[1.2.3.4]:80'],
  ['BIND', '127.0.0.1:80,127.0.0.1:80'],
  ['PATH', 'api'],
  ['PATH', '/a?b'],
  ['PATH', '/a//b'],
  ['PATH', '/a b'],
  ['HOST', 'http://a'],
  ['HOST', 'a:80'],
  ['HOST', ''],
  ['MAX_HEADERS', '1001'],
  ['MAX_CONNECTIONS', '0'],
  ['HEADERS_TIMEOUT_MS', '0'],
] as const) {
  test(`configSchema - refuses ${key} ${JSON.stringify(text)}, and says so`, async (t) => {
    const issue = await firstIssue({ [key]: text })
    t.true(issue.includes(JSON.stringify(text.split(',')[0]).slice(0, -1)), issue)
  })
}
