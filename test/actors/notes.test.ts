/** SQL from end to end: an actor, its claims and its link, on SQLite and on PostgreSQL. */
import { decode as decodeMessage, encode as encodeMessage } from '@msgpack/msgpack'
import { decode, encode } from 'cborg'
import test from 'ava'
import { request } from 'undici'
import { stockProviders } from '../../capabilities/index.ts'
import { assemble } from '../host/engine/prepare/support/assemble.ts'
import { at, guestText } from '../host/engine/support/guests.ts'
import { buildActor, signFixture } from '../support/actors.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { TestHost } from '../support/test-host.ts'

const notes = await buildActor('notes')
const server = await startPostgres()
test.after.always(() => server[Symbol.asyncDispose]())

const databases: [provider: string, values: () => Promise<Record<string, string>>][] = [
  ['sqlite-sqldb', async () => ({})],
  ['postgres-sqldb', async () => ({ URL: server.url(await server.createDatabase()) })],
]

for (const [provider, values] of databases) {
  test(`notes - keeps notes with ${provider}, many at once`, async (t) => {
    await using host = new TestHost({ providers: stockProviders() })
    const { id } = await host.startActor(notes)
    await host.link({ actor: id, contractId: 'wascc:sqldb', provider, values: await values() })
    const http = { actor: id, contractId: 'wascc:http_server', values: { PORT: '0' } }
    const url = (await host.link(http))?.info['url']
    const ask = async (method: string, path = '/', body?: string): Promise<[number, string]> => {
      const answer = await request(new URL(path, url), {
        method,
        ...(body !== undefined && { body }),
      })
      return [answer.statusCode, await answer.body.text()]
    }

    t.deepEqual(await ask('GET'), [200, '[]'])
    t.deepEqual(await ask('POST', '/', "it's; drop table notes --"), [201, '{"id":1}'])
    t.deepEqual(await ask('POST', '/', 'ü "水"\n'), [201, '{"id":2}'])
    t.deepEqual(await ask('GET', '/2'), [200, '{"id":2,"text":"ü \\u0022水\\u0022\\u000a"}'])
    t.deepEqual(await ask('DELETE', '/1'), [204, ''])
    t.deepEqual((await ask('DELETE', '/1'))[0], 404)
    t.deepEqual((await ask('GET', '/1'))[0], 404)
    const many = await Promise.all(Array.from({ length: 10 }, () => ask('POST', '/', 'x')))
    const made = many.filter(([status]) => status === 201).map(([, body]) => body)
    t.is(new Set(made).size, made.length)
    t.true(made.length > 0)
    t.true(many.every(([status]) => status === 201 || status === 503))
    const list = JSON.parse((await ask('GET'))[1]) as unknown[]
    t.is(list.length, 1 + made.length)
  })
}

test('notes - may not touch a database that its claims do not name', async (t) => {
  const claims = { name: 'n', contracts: ['wascc:http_server'] }
  const wasm = await signFixture(notes, claims)
  await using host = new TestHost({ providers: stockProviders() })
  const { id } = await host.startActor(wasm)
  await t.throwsAsync(() => host.link({ actor: id, contractId: 'wascc:sqldb' }), {
    code: 'ERR_CAPABILITY_DENIED',
  })
})

/** Makes the host call that it is asked for, of wasmCloud's contract, over its default link. */
const wasmbusActor = guestText(
  `(call $receive)
   (if (result i32)
     (call $host_call (i32.const 61000) (i32.const 7) (i32.const 61007) (i32.const 15)
       (i32.const ${at.operation}) (local.get $opLength) (i32.const ${at.payload}) (local.get $length))
     (then
       (call $host_response (i32.const ${at.hostResponse}))
       (call $respond (i32.const ${at.hostResponse}) (call $host_response_len))
       (i32.const 1))
     (else
       (call $host_error (i32.const ${at.hostResponse}))
       (call $guest_error (i32.const ${at.hostResponse}) (call $host_error_len))
       (i32.const 0)))`,
  { module: 'wasmbus', fields: '(data (i32.const 61000) "defaultwasmcloud:sqldb")' },
)

for (const [provider, values] of databases) {
  test(`an actor of wasmCloud - is understood, and understands, with ${provider}`, async (t) => {
    const claims = { name: 'n', contracts: ['wasmcloud:sqldb'] }
    const wasm = await signFixture(await assemble(wasmbusActor), claims)
    await using host = new TestHost({ providers: stockProviders() })
    const { id, dialect } = await host.startActor(wasm)
    t.is(dialect, 'E')
    await host.link({ actor: id, contractId: 'wasmcloud:sqldb', provider, values: await values() })
    const ask = async (operation: string, message: unknown): Promise<unknown> =>
      decodeMessage(await host.call(id, operation, encodeMessage(message)))
    const table = 'create table flavors (id integer not null, flavor varchar(30) not null)'
    t.deepEqual(await ask('SqlDb.Execute', { sql: table }), { rowsAffected: 0 })
    const parameters = [1, 'Mint'].map((value) => [...encode(value)])
    const insert = { sql: 'insert into flavors values (?, ?)', parameters }
    t.deepEqual(await ask('SqlDb.Execute', insert), { rowsAffected: 1 })
    for (const [operation, message] of [
      ['SqlDb.Query', { sql: 'select * from flavors' }],
      ['SqlDb.Fetch', 'select * from flavors'],
    ] as const) {
      const { rows, columns, ...others } = (await ask(operation, message)) as {
        rows: Uint8Array
        columns: { name: string }[]
      }
      t.deepEqual(decode(rows), [[1, 'Mint']])
      t.deepEqual(
        columns.map(({ name }) => name),
        ['id', 'flavor'],
      )
      t.deepEqual(others, { numRows: 1 } as object)
    }
    const refused = (await ask('SqlDb.Execute', { sql: 'drop table nothing' })) as {
      error: { code: string; message: string }
    }
    t.is(refused.error.code, 'db')
    t.regex(refused.error.message, /\(SQLSTATE 42/)
  })
}
