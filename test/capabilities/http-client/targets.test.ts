/** URLs that are meant to lead where the link does not: refused as they are, or by their address. */
import test from 'ava'
import type { ResolvedAddress } from '../../../capabilities/http-client/index.ts'
import { failure, linkClient, startServer } from './support/servers.ts'

/** Each is asked with `PORT` replaced by that of a server that would answer if it were reached. */
const hostile: Readonly<Record<string, readonly string[]>> = {
  'the loopback, in every notation': [
    'http://127.0.0.1:PORT/',
    'http://127.0.0.1.:PORT/',
    'http://127.1:PORT/',
    'http://127.0.1:PORT/',
    'http://127.127.127.127:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f000001:PORT/',
    'http://0X7F000001:PORT/',
    'http://0x7f.0.0.1:PORT/',
    'http://0x7f.0x0.0x0.0x1:PORT/',
    'http://0x7f.1:PORT/',
    'http://0177.0.0.1:PORT/',
    'http://0177.0.0.01:PORT/',
    'http://0177.1:PORT/',
    'http://017700000001:PORT/',
    'http://00000177.0.0.1:PORT/',
    'http://127.0x0.0.1:PORT/',
    'http://127.000.000.001:PORT/',
    'http://%31%32%37.0.0.1:PORT/',
    'http://127%2e0%2e0%2e1:PORT/',
    'http://127。0。0。1:PORT/',
    'http://127．0．0．1:PORT/',
    'http://127｡0｡0｡1:PORT/',
    'http://①②⑦.⓪.⓪.①:PORT/',
    'http://１２７.０.０.１:PORT/',
    'http://𝟏𝟐𝟕.𝟎.𝟎.𝟏:PORT/',
    'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT/',
    'http://localhost:PORT/',
    'http://LOCALHOST:PORT/',
    'http://localhost.:PORT/',
    'http://local%68ost:PORT/',
    'http://loc\u00adalhost:PORT/',
    'http://0:PORT/',
    'http://0.0.0.0:PORT/',
    'http://00.00.00.00:PORT/',
    'http://0x0:PORT/',
    'http://0.0.0.1:PORT/',
  ],
  'the loopback as IPv6': [
    'http://[::1]:PORT/',
    'http://[0:0:0:0:0:0:0:1]:PORT/',
    'http://[0000:0000:0000:0000:0000:0000:0000:0001]:PORT/',
    'http://[::]:PORT/',
    'http://[::0001]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::ffff:7f00:1]:PORT/',
    'http://[::FFFF:7F00:0001]:PORT/',
    'http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/',
    'http://[::ffff:0.0.0.0]:PORT/',
    'http://[::127.0.0.1]:PORT/',
    'http://[::7f00:1]:PORT/',
    'http://[::ffff:0:127.0.0.1]:PORT/',
    'http://[64:ff9b::127.0.0.1]:PORT/',
    'http://[64:ff9b::7f00:1]:PORT/',
    'http://[64:ff9b:1::127.0.0.1]:PORT/',
    'http://[2002:7f00:1::]:PORT/',
    'http://[2002:7f00:0001::7f00:1]:PORT/',
    'http://[2001:0:7f00:1::]:PORT/',
    'http://[2001::7f00:1]:PORT/',
    'http://[fe80::1]:PORT/',
    'http://[fe80::5efe:127.0.0.1]:PORT/',
    'http://[2600::5efe:127.0.0.1]:PORT/',
    'http://[fec0::1]:PORT/',
    'http://[ff02::1]:PORT/',
    'http://[100::1]:PORT/',
  ],
  'the metadata of clouds': [
    'http://169.254.169.254/latest/meta-data/',
    'http://169.254.169.254:80/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0xA9.0xFE.0xA9.0xFE/',
    'http://0251.0376.0251.0376/',
    'http://025177524776/',
    'http://169.254.43518/',
    'http://169.16689662/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::169.254.169.254]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[2002:a9fe:a9fe::]/',
    'http://[fd00:ec2::254]/',
    'http://[fd20:ce::254]/',
    'http://169.254.170.2/v2/credentials',
    'http://100.100.100.200/latest/meta-data/',
    'http://168.63.129.16/machine',
    'http://192.0.0.192/',
    'http://169.254.169.254./',
    'http://169。254。169。254/',
    'http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/',
    'https://169.254.169.254/',
  ],
  'networks of companies and carriers': [
    'http://10.0.0.1/',
    'http://10.1/',
    'http://167772161/',
    'http://012.0.0.1/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.0.1/',
    'http://192.168.1/',
    'http://3232235521/',
    'http://100.64.0.1/',
    'http://100.127.255.255/',
    'http://[fc00::1]/',
    'http://[fd12:3456:789a::1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[::ffff:c0a8:1]/',
    'http://[64:ff9b::10.0.0.1]/',
    'http://[2002:c0a8:0001::]/',
  ],
  'addresses that are nobody’s': [
    'http://224.0.0.1/',
    'http://239.255.255.250:1900/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://4294967295/',
    'http://192.0.2.1/',
    'http://198.51.100.1/',
    'http://203.0.113.1/',
    'http://198.18.0.1/',
    'http://192.88.99.1/',
    'http://[2001:db8::1]/',
    'http://[3fff::1]/',
    'http://[5f00::1]/',
  ],
  'names that resolve to inner addresses': [
    'http://loopback.test:PORT/',
    'http://loopback6.test:PORT/',
    'http://mapped.test:PORT/',
    'http://private.test:PORT/',
    'http://metadata.test/',
    'http://linklocal.test:PORT/',
    'http://zoned.test:PORT/',
    'http://nat64.test:PORT/',
    'http://unspecified.test:PORT/',
    'http://nonsense.test:PORT/',
    'http://127.0.0.1.nip.test:PORT/',
  ],
}

const names: Readonly<Record<string, string>> = {
  'loopback.test': '127.0.0.1',
  'loopback6.test': '::1',
  'mapped.test': '::ffff:127.0.0.1',
  'private.test': '10.0.0.1',
  'metadata.test': '169.254.169.254',
  'linklocal.test': 'fe80::1',
  'zoned.test': 'fe80::1%lo',
  'nat64.test': '64:ff9b::7f00:1',
  'unspecified.test': '0.0.0.0',
  'nonsense.test': 'localhost',
  '127.0.0.1.nip.test': '127.0.0.1',
  localhost: '127.0.0.1',
}

const resolve = async (name: string): Promise<ResolvedAddress[]> => {
  const address = names[name]
  if (address === undefined) throw Object.assign(new Error(name), { code: 'ENOTFOUND' })
  return [{ address, family: address.includes(':') ? 6 : 4 }]
}

for (const [what, urls] of Object.entries(hostile)) {
  test(`http client - reaches none of ${what}, whatever host is allowed`, async (t) => {
    await using server = await startServer()
    await using client = await linkClient(
      { HOSTS: '*:*', ALLOW_PRIVATE: '192.0.2.77' },
      { resolve },
    )
    for (const url of urls) {
      const error = await failure(client.perform({ url: url.replace('PORT', String(server.port)) }))
      t.like(error, { code: 'ERR_HTTP_TARGET_DENIED' }, url)
    }
    t.is(server.connections.size + server.seen.length, 0)
  })
}

const unreadable: readonly string[] = [
  '',
  ' ',
  '/',
  '//a.example/',
  'a.example',
  'a.example:80',
  'http:',
  'http:/',
  'http://',
  'http:///',
  'http:///a.example/',
  'http:////a.example/',
  'http:a.example',
  'http:/a.example',
  'http:\\\\a.example\\',
  'http:\\/a.example',
  'http://\\a.example/',
  'http://a.example\\@b.example/',
  'http://a.example\\b.example/',
  'http://?',
  'http://#',
  'http://:80/',
  'http://user@a.example/',
  'http://user:secret@a.example/',
  'http://@a.example/',
  'http://:@a.example/',
  'http://b.example@a.example/',
  'http://b.example:80@a.example/',
  'http://b.example%40a.example@a.example/',
  'http://a.example:80@b.example/',
  'http://a.example @b.example/',
  'http://a.example\t@b.example/',
  ' http://a.example/',
  'http://a.example/ ',
  'http://a.example/a b',
  'ht\ntp://a.example/',
  'http://a.exa\r\nmple/',
  'http://a.example/\r\nHost: b.example',
  'http://a.example/ HTTP/1.1\r\nHost: b.example\r\n\r\nGET /',
  'http://a.example/\0',
  'http://a.example\0.b.example/',
  'http://a.example/\x7f',
  'http://a.example:99999/',
  'http://a.example:-1/',
  'http://a.example:80:80/',
  'http://a.example:8o/',
  'http://[::1/',
  'http://[::1',
  'http://::1/',
  'http://[::g]/',
  'http://[1.2.3.4]/',
  'http://[fe80::1%25eth0]/',
  'http://[fe80::1%eth0]/',
  'http://256.256.256.256/',
  'http://1.2.3.4.5/',
  'http://0x1.0x2.0x3.0x4.0x5/',
  'http://a..b%00c/',
  'http://a<b.example/',
  'http://a>b.example/',
  'http://a^b.example/',
  'http://a|b.example/',
  'http://a%b.example/',
  'http://%zz.example/',
  'http://a.example%2f@b.example/',
  'http://a.example%23/',
  'http://a%3fb/',
  'ftp://a.example/',
  'file:///etc/passwd',
  'file://a.example/etc/passwd',
  'gopher://a.example/_GET',
  'dict://a.example/',
  'ldap://a.example/',
  'ws://a.example/',
  'wss://a.example/',
  'data:text/plain,x',
  'blob:http://a.example/x',
  'javascript:alert(1)',
  'unix:/var/run/docker.sock',
  'http+unix://%2fvar%2frun%2fdocker.sock/',
  'about:blank',
  'view-source:http://a.example/',
  'url:http://a.example/',
  'http://a.example/'.padEnd(20_000, 'a'),
]

test('http client - refuses URLs that can be read in more than one way, or not at all', async (t) => {
  await using client = await linkClient(
    { HOSTS: '*:*' },
    { resolve: (name) => Promise.reject(new Error(`asked for ${name}`)) },
  )
  for (const url of unreadable) {
    const error = await failure(client.perform({ url }))
    t.like(error, { code: 'ERR_HTTP_REQUEST' }, JSON.stringify(url))
    t.false(JSON.stringify(error).includes('secret'))
  }
})

test('http client - is tried with more than 200 hostile URLs', (t) => {
  const all = [...Object.values(hostile).flat(), ...unreadable]
  t.is(new Set(all).size, all.length)
  t.true(all.length > 200, `${all.length}`)
})

const outside: readonly string[] = [
  'http://b.example/',
  'http://a.example.b.example/',
  'http://b.example/a.example',
  'http://b.example?a.example',
  'http://b.example#a.example',
  'http://b.example/?http://a.example/',
  'http://xa.example/',
  'http://a.example:81/',
  'https://a.example:80/',
  'http://аexample/',
  'http://a.example../',
  'http://.a.example/',
  'http://x.a.example/',
  'http://a。b.example/',
]

test('http client - asks for no address of a host that HOSTS does not name', async (t) => {
  const asked: string[] = []
  await using client = await linkClient(
    { HOSTS: 'a.example', ALLOW_PRIVATE: 'loopback' },
    {
      resolve: async (name) => {
        asked.push(name)
        return []
      },
    },
  )
  for (const url of outside) {
    t.like(await failure(client.perform({ url })), { code: 'ERR_HTTP_TARGET_DENIED' }, url)
  }
  t.deepEqual(asked, [])
})

test('http client - says what to set where no host is allowed', async (t) => {
  await using client = await linkClient({})
  t.like(await failure(client.perform({ url: 'https://a.example:8443/secret?key=1' })), {
    code: 'ERR_HTTP_TARGET_DENIED',
    target: 'https://a.example:8443',
    reason: 'the link allows no host; set HOSTS to a.example:8443 in its values',
  })
  t.like(client.log[0], {
    level: 'warn',
    message: 'HOSTS is not set, so that no request can be made',
  })
})

test('http client - tells the actor the range, and the operator the address', async (t) => {
  await using client = await linkClient({ HOSTS: '*', ALLOW_PRIVATE: 'cgnat' }, { resolve })
  const error = await t.throwsAsync(client.perform({ url: 'http://private.test/' }))
  t.false(error.message.includes('10.0.0.1'))
  t.regex(error.message, /its address is private; where that is meant, set ALLOW_PRIVATE/)
  t.deepEqual(client.log.at(-1), {
    level: 'warn',
    message: 'a request to an address out of reach was refused',
    facts: { host: 'private.test', address: '10.0.0.1' },
  })
})

test('http client - tells the operator of each host once, however often it is asked for', async (t) => {
  await using client = await linkClient(
    { HOSTS: '*' },
    { resolve: async () => [{ address: '10.0.0.1', family: 4 }] },
  )
  for (let count = 0; count < 150; count++) {
    for (const name of ['same', `other${count}`]) {
      await failure(client.perform({ url: `http://${name}.test/` }))
    }
  }
  t.is(client.log.length, 100)
})

test('http client - connects to the address that it checked: a name is asked for once', async (t) => {
  await using server = await startServer()
  const answers = ['127.0.0.1', '10.0.0.1', '169.254.169.254']
  const asked: string[] = []
  const { port } = server
  await using client = await linkClient(
    { HOSTS: 'rebind.test:*', ALLOW_PRIVATE: '127.0.0.1', MAX_CONNECTIONS: '1' },
    {
      resolve: async (name) => {
        asked.push(name)
        return [{ address: answers[asked.length - 1] ?? '', family: 4 }]
      },
    },
  )
  const url = `http://rebind.test:${port}/`
  t.is((await client.perform({ url })).statusCode, 200)
  t.is((await client.perform({ url })).statusCode, 200)
  t.deepEqual(asked, ['rebind.test'])
  t.is(server.seen[0]?.headers.host, `rebind.test:${port}`)
  // Other ports are other connections, for which the name now means something else.
  for (const other of [port - 1, port - 2]) {
    const error = await failure(client.perform({ url: `http://rebind.test:${other}/` }))
    t.like(error, { code: 'ERR_HTTP_TARGET_DENIED' })
  }
  t.is(asked.length, 3)
})

test('http client - of several addresses uses those within reach', async (t) => {
  await using server = await startServer()
  const addresses = ['10.0.0.1', '::ffff:169.254.169.254', '127.0.0.1', 'fd00:ec2::254']
  await using client = await linkClient(
    { HOSTS: '*:*', ALLOW_PRIVATE: '127.0.0.1' },
    {
      resolve: async () =>
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    },
  )
  const answer = await client.perform({ url: `http://several.test:${server.port}/` })
  t.is(answer.statusCode, 200)
})

test('http client - says so where a name has no address', async (t) => {
  await using client = await linkClient({ HOSTS: '*' }, { resolve })
  t.like(await failure(client.perform({ url: 'http://unknown.test/', method: 'POST' })), {
    code: 'ERR_SERVER_UNAVAILABLE',
    server: 'http://unknown.test',
    reason: 'its name cannot be resolved (ENOTFOUND)',
  })
  await using empty = await linkClient({ HOSTS: '*' }, { resolve: async () => [] })
  t.like(await failure(empty.perform({ url: 'http://unknown.test/', method: 'POST' })), {
    code: 'ERR_SERVER_UNAVAILABLE',
  })
})

test('http client - asks the system for names', async (t) => {
  await using server = await startServer()
  const url = `http://localhost:${server.port}/`
  await using open = await linkClient({ HOSTS: 'localhost:*' })
  t.is((await open.perform({ url })).statusCode, 200)
  await using closed = await linkClient({ HOSTS: 'localhost:*', ALLOW_PRIVATE: 'cgnat' })
  t.like(await failure(closed.perform({ url })), { code: 'ERR_HTTP_TARGET_DENIED' })
  t.is(server.seen.length, 1)
})
