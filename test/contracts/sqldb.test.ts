/** How actors write statements and read rows. Bytes of dialect E follow sqldb.smithy and minicbor. */
import test from 'ava'
import type { SqlQueryResult, SqlStatement, SqlValue } from '../../contracts/index.ts'
import { bytesOf, called, fromHex, refusal, str, toHex } from '../support/contract-bytes.ts'

const asked = (wireName: string, hex: string): SqlStatement =>
  called('wasmcloud:sqldb', 'E', wireName).decodeRequest(fromHex(hex)) as SqlStatement
const bare = { database: '', parameters: [] }

test('Execute E - takes a statement alone, as a map, by position or as the bare text of 2021', (t) => {
  const sql = 'select 1'
  for (const wireName of ['SqlDb.Execute', 'SqlDb.Query', 'SqlDb.Fetch']) {
    t.deepEqual(asked(wireName, `81 ${str('sql')} ${str(sql)}`), { ...bare, sql })
    t.deepEqual(asked(wireName, `93 c0 c0 ${str(sql)}`), { ...bare, sql })
    t.deepEqual(asked(wireName, str(sql)), { ...bare, sql })
    t.deepEqual(asked(wireName, `${str(sql)}00`), { ...bare, sql })
  }
})

test('Execute E - takes what TinyGo writes for no database and no parameters', (t) => {
  const hex = `83 ${str('database')} a0 ${str('parameters')} c0 ${str('sql')} ${str('x')}`
  t.deepEqual(asked('SqlDb.Execute', hex), { ...bare, sql: 'x' })
})

test('Execute E - reads parameters as bytes and as arrays of integers, of every kind', (t) => {
  // minicbor, in the order in which the values stand below.
  const values = ['f6', 'f5', '1a00010000', '3903e7', 'fb3ff8000000000000', 'fa3fc00000', '6178']
  const asBin = values.map((hex) => `c4${(hex.length / 2).toString(16).padStart(2, '0')}${hex}`)
  const asInts = values.map((hex) => {
    const items = [...fromHex(hex)].map(
      (byte) => (byte < 0x80 ? '' : 'cc') + toHex(Uint8Array.of(byte)),
    )
    return `9${items.length.toString(16)}${items.join('')}`
  })
  const expected: SqlValue[] = [null, true, 65_536n, -1000n, 1.5, 1.5, 'x']
  for (const parameters of [asBin, asInts]) {
    const hex = `82 ${str('parameters')} 97 ${parameters.join('')} ${str('sql')} ${str('x')}`
    t.deepEqual(asked('SqlDb.Execute', hex).parameters, expected)
  }
})

const refused: [what: string, parameter: string, path: string, reason: string][] = [
  ['no CBOR', 'c400', 'parameters[1]', 'the message ends early'],
  ['two values', 'c4020102', 'parameters[1]', 'bytes after the end of the CBOR value'],
  ['a map', 'c401a0', 'parameters[1]', 'a map is not a value of SQL'],
  ['a number in its place', '05', 'parameters[1]', 'expected bytes, found an integer'],
]

for (const [what, parameter, path, reason] of refused) {
  test(`Execute E - refuses a parameter that is ${what}, and says which`, (t) => {
    const hex = `82 ${str('parameters')} 92 c401f6 ${parameter} ${str('sql')} ${str('x')}`
    t.deepEqual(
      refusal(() => asked('SqlDb.Execute', hex)),
      {
        code: 'ERR_MESSAGE_INVALID',
        contractId: 'wasmcloud:sqldb',
        operation: 'SqlDb.Execute',
        path,
        reason,
      },
    )
  })
}

test('Execute - refuses a request without a statement', (t) => {
  t.like(
    refusal(() => asked('SqlDb.Execute', '80')),
    { path: 'sql', reason: 'missing' },
  )
  t.like(
    refusal(() => called('wascc:sqldb', 'C', 'Query').decodeRequest(fromHex('80'))),
    { path: 'sql', reason: 'missing' },
  )
})

const column = (name: string, dbType: string) => ({ ordinal: 0, name, dbType })

function rowsOfE(dbType: string, value: SqlValue): string {
  const result: SqlQueryResult = { columns: [column('c', dbType)], rows: [[value]], error: null }
  const bytes = called('wasmcloud:sqldb', 'E', 'SqlDb.Query').encodeResponse(result)
  const rows = toHex(bytes).split(str('rows').replaceAll(' ', ''))[1] ?? ''
  return rows.slice(4)
}

// What minicbor's decoders of i32, i64, f32, f64, String, Vec<u8> and bool take.
const fields: [dbType: string, value: SqlValue, cbor: string][] = [
  ['int4', 5n, '05'],
  ['int4', -500n, '3901f3'],
  ['int8', 2n ** 63n - 1n, '1b7fffffffffffffff'],
  ['int8', -(2n ** 63n), '3b7fffffffffffffff'],
  ['float4', 1, 'fa3f800000'],
  ['float8', 1, 'fb3ff0000000000000'],
  ['_float4', [1, null], '82fa3f800000f6'],
  ['numeric', '18446744073709551616.5', `76${toHex(bytesOf('18446744073709551616.5'))}`],
  ['text', 'ü', '62c3bc'],
  ['bytea', Uint8Array.of(0, 255), '4200ff'],
  ['bool', true, 'f5'],
  ['text', null, 'f6'],
]

for (const [dbType, value, cbor] of fields) {
  test(`Query E - writes a ${dbType} as readers of the time want it: ${cbor}`, (t) => {
    t.is(rowsOfE(dbType, value), `8181${cbor}`)
  })
}

test('Query E - answers with an empty array where there are no rows, and reads empty bytes too', (t) => {
  const codec = called('wasmcloud:sqldb', 'E', 'SqlDb.Query')
  const none = { columns: [column('c', 'text')], rows: [], error: null }
  t.true(toHex(codec.encodeResponse(none)).endsWith(`${str('rows')}c40180`.replaceAll(' ', '')))
  const ofThatTime = `83 ${str('numRows')} 00 ${str('columns')} 90 ${str('rows')} c400`
  t.deepEqual(codec.decodeResponse(fromHex(ofThatTime)), { columns: [], rows: [], error: null })
})

test('Execute - tells of an SQLSTATE, in dialect E at the end of the message', (t) => {
  const answer = {
    rowsAffected: 0,
    error: { code: 'db', message: 'taken', sqlState: '23505' },
  }
  const e = called('wasmcloud:sqldb', 'E', 'SqlDb.Execute')
  t.deepEqual(e.decodeResponse(e.encodeResponse(answer)), {
    rowsAffected: 0,
    error: { code: 'db', message: 'taken (SQLSTATE 23505)', sqlState: '' },
  })
  const c = called('wascc:sqldb', 'C', 'Execute')
  t.deepEqual(c.decodeResponse(c.encodeResponse(answer)), answer)
})

test('Query C - carries values as plain MessagePack, whole floats as floats', (t) => {
  const codec = called('wascc:sqldb', 'C', 'Query')
  const values: [SqlValue, string][] = [
    [null, 'c0'],
    [true, 'c3'],
    [1n, '01'],
    [-(2n ** 63n), 'd38000000000000000'],
    [2n ** 64n - 1n, 'cfffffffffffffffff'],
    [2n ** 53n, 'cf0020000000000000'],
    [1, 'cb3ff0000000000000'],
    ['x', 'a178'],
    [Uint8Array.of(7), 'c40107'],
    [['x', [null]], '92a17891c0'],
  ]
  for (const [value, hex] of values) {
    const statement = { sql: 's', parameters: [value], database: '' }
    const bytes = codec.encodeRequest(statement)
    t.is(toHex(bytes), `82${str('sql')}${str('s')}${str('parameters')}91${hex}`.replaceAll(' ', ''))
    t.deepEqual(codec.decodeRequest(bytes), statement)
  }
  t.is(
    (
      codec.decodeRequest(
        fromHex(`82 ${str('sql')} a0 ${str('parameters')} 91 ca3fc00000`),
      ) as SqlStatement
    ).parameters[0],
    1.5,
  )
})

for (const [what, hex, reason] of [
  ['a map', '80', 'not a value of SQL'],
  ['an extension', 'd40100', 'not a value of SQL'],
  ['a float cut short', 'cb00', 'the message ends early'],
  ['seven arrays', '91919191919191c0', 'arrays nested deeper than 6'],
] as const) {
  test(`Query C - refuses a parameter that is ${what}`, (t) => {
    const request = `82 ${str('sql')} a0 ${str('parameters')} 91 ${hex}`
    t.like(
      refusal(() => called('wascc:sqldb', 'C', 'Query').decodeRequest(fromHex(request))),
      { path: 'parameters[0]', reason },
    )
  })
}
