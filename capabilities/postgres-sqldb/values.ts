/**
 * Values as PostgreSQL writes them in text, and what actors get for them. The provider of wasmCloud is
 * followed: integers and floats as such, dates and times in RFC 3339, everything it did not know as
 * text; `numeric` is text, for no float holds it.
 */
import { Buffer } from 'node:buffer'
import type { SqlValue } from '../../contracts/index.ts'
import { parseArray, writeArray } from './array-text.ts'

type Decode = (text: string) => SqlValue

const asText: Decode = (text) => text
const integer: Decode = (text) => BigInt(text)
const float: Decode = (text) => Number(text)

/** Names (`pg_type.typname`) of built-in types by their OID, of their arrays, and what they are read as. */
const types: readonly [oid: number, arrayOid: number, name: string, decode: Decode][] = [
  [16, 1000, 'bool', (text) => text === 't'],
  [17, 1001, 'bytea', bytes],
  [18, 1002, 'char', singleByte],
  [19, 1003, 'name', asText],
  [20, 1016, 'int8', integer],
  [21, 1005, 'int2', integer],
  [23, 1007, 'int4', integer],
  [25, 1009, 'text', asText],
  [26, 1028, 'oid', integer],
  [27, 1010, 'tid', asText],
  [28, 1011, 'xid', asText],
  [29, 1012, 'cid', asText],
  [114, 199, 'json', asText],
  [142, 143, 'xml', asText],
  [600, 1017, 'point', asText],
  [601, 1018, 'lseg', asText],
  [602, 1019, 'path', asText],
  [603, 0, 'box', asText],
  [604, 1027, 'polygon', asText],
  [628, 629, 'line', asText],
  [650, 651, 'cidr', asText],
  [700, 1021, 'float4', float],
  [701, 1022, 'float8', float],
  [705, 0, 'unknown', asText],
  [718, 719, 'circle', asText],
  [774, 775, 'macaddr8', asText],
  [790, 791, 'money', asText],
  [829, 1040, 'macaddr', asText],
  [869, 1041, 'inet', asText],
  [1042, 1014, 'bpchar', asText],
  [1043, 1015, 'varchar', asText],
  [1082, 1182, 'date', asText],
  [1083, 1183, 'time', asText],
  [1114, 1115, 'timestamp', timestamp],
  [1184, 1185, 'timestamptz', timestamp],
  [1186, 1187, 'interval', asText],
  [1266, 1270, 'timetz', asText],
  [1560, 1561, 'bit', bits],
  [1562, 1563, 'varbit', bits],
  [1700, 1231, 'numeric', asText],
  [2205, 2210, 'regclass', asText],
  [2278, 0, 'void', asText],
  [2950, 2951, 'uuid', asText],
  [3220, 3221, 'pg_lsn', asText],
  [3614, 3643, 'tsvector', asText],
  [3615, 3645, 'tsquery', asText],
  [3802, 3807, 'jsonb', asText],
  [3904, 3905, 'int4range', asText],
  [3906, 3907, 'numrange', asText],
  [3908, 3909, 'tsrange', asText],
  [3910, 3911, 'tstzrange', asText],
  [3912, 3913, 'daterange', asText],
  [3926, 3927, 'int8range', asText],
]

/** What a column's values are, by the OID of its type. */
export interface ColumnType {
  /** `int4`, `_text` for an array; `oid 16402` for a type that is not built in. */
  readonly name: string
  readonly decode: Decode
}

const byOid = new Map<number, ColumnType>()
for (const [oid, arrayOid, name, decode] of types) {
  byOid.set(oid, { name, decode })
  if (arrayOid === 0) continue
  byOid.set(arrayOid, {
    name: `_${name}`,
    decode: (text) => parseArray(text, decode) ?? text,
  })
}

/** What a type is read as. */
export function columnType(oid: number): ColumnType {
  return byOid.get(oid) ?? { name: `oid ${oid}`, decode: asText }
}

/** A parameter as it is bound: bytes as such, everything else as text, which the server reads by type. */
export function parameterOf(value: SqlValue): string | Buffer | null {
  if (value === null) return null
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }
  if (Array.isArray(value)) return writeArray(value as readonly SqlValue[], textOf)
  return textOf(value)
}

function textOf(value: SqlValue): string {
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  return String(value)
}

/** `2026-01-02 03:04:05.6+00` as RFC 3339 has it; `infinity`, and years before 1, as they are. */
function timestamp(text: string): string {
  const parts = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(\+00)?$/.exec(text)
  return parts ? `${parts[1]}T${parts[2]}${parts[3] ? 'Z' : ''}` : text
}

function bytes(text: string): Uint8Array {
  if (text.startsWith('\\x')) return Buffer.from(text.slice(2), 'hex')
  const octal = /\\(\\|[0-7]{3})/g
  const unescape = (_: string, code: string): string =>
    code === '\\' ? code : String.fromCharCode(Number.parseInt(code, 8))
  return Buffer.from(text.replace(octal, unescape), 'latin1')
}

/** `"char"` holds a byte, which wasmCloud's provider gave as a signed integer. */
function singleByte(text: string): bigint {
  const octal = /^\\([0-7]{3})$/.exec(text)?.[1]
  const code = octal === undefined ? (text.codePointAt(0) ?? 0) : Number.parseInt(octal, 8)
  return BigInt.asIntN(8, BigInt(code))
}

/** Bits as bytes, the first bit the highest of the first byte. */
function bits(text: string): Uint8Array {
  const result = Buffer.alloc(Math.ceil(text.length / 8))
  for (let index = 0; index < result.length; index++) {
    result[index] = Number.parseInt(text.slice(index * 8, index * 8 + 8).padEnd(8, '0'), 2)
  }
  return result
}
