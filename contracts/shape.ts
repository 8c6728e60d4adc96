/**
 * Shapes: what a value looks like on the wire, said once for every layout. A struct is a map with
 * keys (dialects C to E), an array by position (B) or a protobuf message (A) of the same fields in
 * the same order.
 */
import { MessageFault, within } from './errors.ts'
import type { Reader } from './msgpack-reader.ts'
import { Writer } from './msgpack-writer.ts'
import type { ProtobufReader, ProtobufWriter } from './protobuf.ts'

/** How one kind of value is written and read. */
export interface Shape<T> {
  write(writer: Writer, value: T): void
  read(reader: Reader): T
  readonly protobuf: ProtobufField<T>
}

/** How a value is a field of a protobuf message. */
export interface ProtobufField<T> {
  /** What it is when the message does not have it; such a value is not written. Undefined: it must. */
  readonly initial: T
  write(writer: ProtobufWriter, field: number, value: T): void
  /** The value with what comes next taken into it: repeated fields grow, others are replaced. */
  read(reader: ProtobufReader, previous: T): T
}

/** The shape of a whole message that protobuf could also hold. */
export interface MessageShape<T> extends Shape<T> {
  writeMessage(writer: ProtobufWriter, value: T): void
  readMessage(reader: ProtobufReader): T
}

/** One field of a struct. */
export interface Field<T> {
  readonly shape: Shape<T>
  /** The key on the wire, where it is not the field's own name. */
  readonly key?: string
  /** Another key that actors used for it; read, never written. */
  readonly alias?: string
  /** The value when the field is missing or nil. Without it the field must be there. */
  readonly absent?: T
  /** A value that is left out of a map. */
  readonly omit?: T
  /** The protobuf field number, where it is not the position. */
  readonly number?: number
  /** Written in protobuf even when it is zero or empty: a member of a `oneof`. */
  readonly always?: true
}

/** UTF-8 text. */
export const text: Shape<string> = {
  write: (writer, value) => {
    if (typeof value !== 'string') throw new MessageFault('not text')
    writer.text(value)
  },
  read: (reader) => reader.text(),
  protobuf: {
    initial: '',
    write: (writer, field, value) => writer.text(field, value),
    read: (reader) => reader.text(),
  },
}

/** Text that is nil on the wire where it is empty. Readers of it need `absent: ''`. */
export const textOrNil: Shape<string> = {
  ...text,
  write: (writer, value) => {
    if (value === '') writer.nil()
    else text.write(writer, value)
  },
}

/** True or false. */
export const bool: Shape<boolean> = {
  write: (writer, value) => writer.bool(value),
  read: (reader) => reader.bool(),
  protobuf: {
    initial: false,
    write: (writer, field, value) => writer.varint(field, value ? 1 : 0),
    read: (reader) => reader.varint(0, 1) === 1,
  },
}

/** An integer within bounds, both included, in reading and in writing. */
export function integer(least: number, most: number): Shape<number> {
  const check = (value: number): number => {
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new MessageFault(`${value} is not an integer between ${least} and ${most}`)
    }
    return value
  }
  return {
    write: (writer, value) => writer.integer(check(value)),
    read: (reader) => reader.integer(least, most),
    protobuf: {
      // A field that is not there is zero, which not every field may be.
      initial: least <= 0 && most >= 0 ? 0 : (undefined as unknown as number),
      write: (writer, field, value) => writer.varint(field, check(value)),
      read: (reader) => reader.varint(least, most),
    },
  }
}

/** A signed 32-bit integer. */
export const int32: Shape<number> = integer(-0x8000_0000, 0x7fff_ffff)
/** An unsigned 32-bit integer. */
export const uint32: Shape<number> = integer(0, 0xffff_ffff)
/** A 64-bit integer of the wire. Beyond 2^53 it is refused: no field that has one means such numbers. */
export const int64: Shape<number> = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
/** As {@link int64}, without sign. */
export const uint64: Shape<number> = integer(0, Number.MAX_SAFE_INTEGER)

/** No bytes. */
export const noBytes: Uint8Array = new Uint8Array(0)

/** Bytes: `bin`, or an array of integers in dialect B; either is read, and text too. */
export const bytes: Shape<Uint8Array> = {
  write: (writer, value) => writer.bytes(value),
  read: (reader) => reader.bytes(),
  protobuf: {
    initial: noBytes,
    write: (writer, field, value) => writer.bytes(field, value),
    read: (reader) => reader.bytes(),
  },
}

/**
 * A repeated protobuf field with more of it taken in: in place, for copying the list each time would
 * take quadratic time. An empty list may be one that messages share, and stays empty.
 */
export function appended(previous: readonly string[], ...more: string[]): readonly string[] {
  if (previous.length === 0) return more
  ;(previous as string[]).push(...more)
  return previous
}

/** A list of text. */
export const texts: Shape<readonly string[]> = {
  write: (writer, value) => {
    writer.array(value.length)
    for (const item of value) text.write(writer, item)
  },
  read: (reader) => {
    const count = reader.array()
    const result: string[] = []
    for (let index = 0; index < count; index++) {
      try {
        result.push(reader.text())
      } catch (error) {
        throw within(error, `[${index}]`)
      }
    }
    return result
  },
  protobuf: {
    initial: [],
    write: (writer, field, value) => {
      for (const item of value) writer.text(field, item)
    },
    read: (reader, previous) => appended(previous, reader.text()),
  },
}

/** A list of structs. */
export function listOf<T>(item: Shape<T>): Shape<readonly T[]> {
  return {
    write: (writer, value) => {
      writer.array(value.length)
      for (const one of value) item.write(writer, one)
    },
    read: (reader) => {
      const count = reader.array()
      const result: T[] = []
      for (let index = 0; index < count; index++) {
        try {
          result.push(item.read(reader))
        } catch (error) {
          throw within(error, `[${index}]`)
        }
      }
      return result
    },
    protobuf: {
      initial: [],
      write: (writer, field, value) => {
        for (const one of value) item.protobuf.write(writer, field, one)
      },
      read: (reader, previous) => {
        const read = item.protobuf.read(reader, item.protobuf.initial)
        if (previous.length === 0) return [read]
        ;(previous as T[]).push(read)
        return previous
      },
    },
  }
}

/** A value that is something else to the caller than to the wire. */
export function mapped<Ours, Theirs>(
  shape: Shape<Theirs>,
  toWire: (value: Ours) => Theirs,
  fromWire: (value: Theirs) => Ours,
): Shape<Ours> {
  return {
    write: (writer, value) => shape.write(writer, toWire(value)),
    read: (reader) => fromWire(shape.read(reader)),
    protobuf: {
      initial: undefined as Ours,
      write: (writer, field, value) => shape.protobuf.write(writer, field, toWire(value)),
      read: (reader) => fromWire(shape.protobuf.read(reader, shape.protobuf.initial)),
    },
  }
}

interface WireField {
  readonly name: string
  readonly field: Field<unknown>
  readonly number: number
  readonly encodedKey: Uint8Array
}

/**
 * A struct of these fields, in this order. Keys that are not among them are ignored; a key given
 * twice is refused.
 */
export function struct<T extends object>(
  fields: {
    [Name in keyof T]-?: Field<T[Name]>
  },
): MessageShape<T> {
  const list: WireField[] = Object.entries(fields as Record<string, Field<unknown>>).map(
    ([name, field], index) => ({
      name,
      field,
      number: field.number ?? index + 1,
      encodedKey: encodedText(field.key ?? name),
    }),
  )
  const byKey = new Map<string, number>()
  const byNumber = new Map<number, number>()
  for (const [index, { name, field, number }] of list.entries()) {
    byKey.set(field.key ?? name, index)
    if (field.alias !== undefined) byKey.set(field.alias, index)
    byNumber.set(number, index)
  }
  const mayOmit = list.some(({ field }) => field.omit !== undefined)

  const write = (writer: Writer, value: T): void => {
    const values = value as Record<string, unknown>
    if (writer.positional) writer.array(list.length)
    else {
      const left = mayOmit ? list.filter(({ name, field }) => isOmitted(field, values[name])) : []
      writer.map(list.length - left.length)
    }
    for (const { name, field, encodedKey } of list) {
      if (!writer.positional) {
        if (isOmitted(field, values[name])) continue
        writer.raw(encodedKey)
      }
      try {
        field.shape.write(writer, values[name])
      } catch (error) {
        throw within(error, name)
      }
    }
  }

  const read = (reader: Reader): T => {
    const result: Record<string, unknown> = {}
    let seen = 0
    if (reader.atArray()) {
      const count = reader.array()
      for (let index = 0; index < count; index++) {
        const wanted = list[index]
        if (wanted === undefined) reader.skip()
        else {
          readField(reader, wanted, result)
          seen |= 1 << index
        }
      }
    } else {
      const count = reader.map()
      for (let entry = 0; entry < count; entry++) {
        const expected = list[entry]
        let index: number | undefined = entry
        if (expected === undefined || !reader.matches(expected.encodedKey)) {
          const key = reader.key()
          index = key === undefined ? undefined : byKey.get(key)
        }
        const wanted = index === undefined ? undefined : list[index]
        if (index === undefined || wanted === undefined) {
          reader.skip()
          continue
        }
        if ((seen & (1 << index)) !== 0) throw new MessageFault('given twice', wanted.name)
        readField(reader, wanted, result)
        seen |= 1 << index
      }
    }
    for (const [index, { name, field }] of list.entries()) {
      if ((seen & (1 << index)) !== 0) continue
      if (field.absent === undefined) throw new MessageFault('missing', name)
      result[name] = field.absent
    }
    return result as T
  }

  const writeMessage = (writer: ProtobufWriter, value: T): void => {
    for (const { name, field, number } of list) {
      const item = (value as Record<string, unknown>)[name]
      if (item === field.shape.protobuf.initial && field.always !== true) continue
      if (item instanceof Uint8Array && item.length === 0) continue
      try {
        field.shape.protobuf.write(writer, number, item)
      } catch (error) {
        throw within(error, name)
      }
    }
  }

  const readMessage = (reader: ProtobufReader): T => {
    const result: Record<string, unknown> = {}
    for (const { name, field } of list) result[name] = field.absent ?? field.shape.protobuf.initial
    for (let number = reader.next(); number !== 0; number = reader.next()) {
      const wanted = list[byNumber.get(number) ?? -1]
      if (wanted === undefined) reader.skip()
      else {
        try {
          result[wanted.name] = wanted.field.shape.protobuf.read(reader, result[wanted.name])
        } catch (error) {
          throw within(error, wanted.name)
        }
      }
    }
    const missing = list.find(({ name }) => result[name] === undefined)
    if (missing !== undefined) throw new MessageFault('missing', missing.name)
    return result as T
  }

  return {
    write,
    read,
    writeMessage,
    readMessage,
    protobuf: {
      initial: undefined as unknown as T,
      write: (writer, field, value) => {
        writer.message(field, (inner) => writeMessage(inner, value))
      },
      read: (reader) => readMessage(reader.message()),
    },
  }
}

function readField(
  reader: Reader,
  { name, field }: WireField,
  into: Record<string, unknown>,
): void {
  try {
    into[name] =
      field.absent !== undefined && reader.nil() ? field.absent : field.shape.read(reader)
  } catch (error) {
    throw within(error, name)
  }
}

function isOmitted(field: Field<unknown>, value: unknown): boolean {
  return field.omit !== undefined && field.omit === value
}

const keyWriter = new Writer()

/** Text as MessagePack, to be written or compared as it is: keys that come in every message. */
export function encodedText(value: string): Uint8Array {
  keyWriter.start()
  keyWriter.text(value)
  return keyWriter.finish()
}
