/** The values of SQL, apart from any database, and how MessagePack has them. */
import { MessageFault } from './errors.ts'
import type { Reader } from './msgpack-reader.ts'
import type { Writer } from './msgpack-writer.ts'

/**
 * A parameter of a statement, or a field of a row. Integers are bigints and numbers are floats, whole
 * or not: SQL tells 1 from 1.0, and so does what actors are sent.
 */
export type SqlValue = null | boolean | bigint | number | string | Uint8Array | readonly SqlValue[]

/** How deep arrays may be nested in a value: as deep as those of PostgreSQL. */
export const maxArrayDepth = 6

/** Writes a value as MessagePack: `int`, `float 64`, `str`, `bin`, nil, a boolean or an array. */
export function writeValue(writer: Writer, value: SqlValue, depth: number = 0): void {
  if (value === null) writer.nil()
  else if (typeof value === 'string') writer.text(value)
  else if (typeof value === 'bigint') writer.bigInteger(value)
  else if (typeof value === 'number') writer.float(value)
  else if (typeof value === 'boolean') writer.bool(value)
  else if (value instanceof Uint8Array) writer.bytes(value)
  else if (Array.isArray(value)) {
    if (depth >= maxArrayDepth) throw tooDeep()
    writer.array(value.length)
    for (const item of value as readonly SqlValue[]) writeValue(writer, item, depth + 1)
  } else throw new MessageFault('not a value of SQL')
}

/** Reads a value of MessagePack: anything but maps and extensions. */
export function readValue(reader: Reader, depth: number = 0): SqlValue {
  switch (reader.kind()) {
    case 'nil':
      reader.nil()
      return null
    case 'text':
      return reader.text()
    case 'integer':
      return reader.bigInteger()
    case 'float':
      return reader.float()
    case 'boolean':
      return reader.bool()
    case 'bytes':
      return reader.bytes()
    case 'array': {
      if (depth >= maxArrayDepth) throw tooDeep()
      const count = reader.array()
      const items: SqlValue[] = []
      for (let index = 0; index < count; index++) items.push(readValue(reader, depth + 1))
      return items
    }
    default:
      throw new MessageFault('not a value of SQL')
  }
}

/** A value whose arrays are nested too deep. */
export function tooDeep(): MessageFault {
  return new MessageFault(`arrays nested deeper than ${maxArrayDepth}`)
}
