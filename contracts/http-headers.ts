/** HTTP headers on the wire: a map of text (dialects A to D) or of lists of text (E). */
import { MessageFault, within } from './errors.ts'
import type { Reader } from './msgpack-reader.ts'
import type { Writer } from './msgpack-writer.ts'
import { appended, encodedText, type Shape, struct, text } from './shape.ts'

interface Name {
  readonly text: string
  readonly encoded: Uint8Array
  /** The call that last used this name, and the place its first value has in that call. */
  call: number
  slot: number
}

/** Names as they came (`Accept`, `accept`) to one entry each. Bounded: emptied when it is full. */
const names = new Map<string, Name>()
const maxNames = 1024
/** How many response headers are compared one by one before a set does it. */
const fewHeaders = 16

let calls = 0
const slotNames: Name[] = []
/** The first value of each name, and all of them where there are several. */
const firstValues: string[] = []
const allValues: (string[] | undefined)[] = []

function nameOf(given: string): Name {
  const known = names.get(given)
  if (known !== undefined) return known
  const lower = given.toLowerCase()
  let name = names.get(lower)
  if (name === undefined) {
    name = { text: lower, encoded: encodedText(lower), call: 0, slot: 0 }
    names.set(lower, name)
  }
  if (given !== lower) names.set(given, name)
  return name
}

/** Groups values by lower-case name into the slots; the number of names. */
function group(headers: readonly string[]): number {
  if (names.size > maxNames) names.clear()
  calls++
  let count = 0
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = nameOf(headers[index] as string)
    const value = headers[index + 1] as string
    if (name.call === calls) {
      const values = allValues[name.slot] ?? [firstValues[name.slot] as string]
      values.push(value)
      allValues[name.slot] = values
    } else {
      name.call = calls
      name.slot = count
      slotNames[count] = name
      firstValues[count] = value
      allValues[count] = undefined
      count++
    }
  }
  return count
}

/**
 * Headers to an actor of dialects A to D: names in lower case, one value each, the last one given.
 * Several `cookie` headers become one, because that header may be joined and is lost otherwise.
 */
function writeHeaders(writer: Writer, headers: readonly string[]): void {
  const count = group(headers)
  writer.map(count)
  for (let slot = 0; slot < count; slot++) {
    const name = slotNames[slot] as Name
    const values = allValues[slot]
    writer.raw(name.encoded)
    if (values === undefined) writer.text(firstValues[slot] as string)
    else writer.text(name.text === 'cookie' ? values.join('; ') : (values[values.length - 1] ?? ''))
  }
}

/**
 * As {@link writeHeaders}, with every value: several become one, joined as their order allows. Of
 * `set-cookie`, which may hold commas of its own, actors of that time saw the same.
 */
function writeJoinedHeaders(writer: Writer, headers: readonly string[]): void {
  const count = group(headers)
  writer.map(count)
  for (let slot = 0; slot < count; slot++) {
    writer.raw((slotNames[slot] as Name).encoded)
    writer.text(allValues[slot]?.join(', ') ?? (firstValues[slot] as string))
  }
}

/** Headers to an actor of dialect E: names in lower case, every value. */
function writeHeaderLists(writer: Writer, headers: readonly string[]): void {
  const count = group(headers)
  writer.map(count)
  for (let slot = 0; slot < count; slot++) {
    const values = allValues[slot]
    writer.raw((slotNames[slot] as Name).encoded)
    writer.array(values?.length ?? 1)
    if (values === undefined) writer.text(firstValues[slot] as string)
    else for (const value of values) writer.text(value)
  }
}

/** Headers as pairs with one value each, as {@link writeHeaders} has them. */
function singleHeaders(headers: readonly string[]): [name: string, value: string][] {
  return groupedHeaders(headers, (name, values) =>
    name === 'cookie' ? values.join('; ') : (values[values.length - 1] ?? ''),
  )
}

/** Headers as pairs with one value each, as {@link writeJoinedHeaders} has them. */
function joinedHeaders(headers: readonly string[]): [name: string, value: string][] {
  return groupedHeaders(headers, (_, values) => values.join(', '))
}

function groupedHeaders(
  headers: readonly string[],
  one: (name: string, values: readonly string[]) => string,
): [name: string, value: string][] {
  const count = group(headers)
  return Array.from({ length: count }, (_, slot) => {
    const name = (slotNames[slot] as Name).text
    return [name, one(name, allValues[slot] ?? [firstValues[slot] as string])]
  })
}

/** Headers from an actor, flat, names as it wrote them. A value may be text or a list of text. */
export function readHeaders(reader: Reader): readonly string[] {
  const count = reader.map()
  const headers: string[] = []
  const seen = count > fewHeaders ? new Set<string>() : undefined
  for (let entry = 0; entry < count; entry++) {
    const name = reader.text()
    if (seen === undefined) {
      for (let index = 0; index < headers.length; index += 2) {
        if (headers[index] === name) throw new MessageFault('given twice', name)
      }
    } else if (seen.has(name)) throw new MessageFault('given twice', name)
    else seen.add(name)
    try {
      if (reader.atArray()) {
        for (let values = reader.array(); values > 0; values--) headers.push(name, reader.text())
      } else headers.push(name, reader.text())
    } catch (error) {
      throw within(error, name)
    }
  }
  return headers
}

function mapOf(
  write: (writer: Writer, headers: readonly string[]) => void,
  pairs: (headers: readonly string[]) => [name: string, value: string][],
): Shape<readonly string[]> {
  return {
    write,
    read: readHeaders,
    protobuf: {
      initial: [],
      write: (writer, field, headers) => {
        for (const [name, value] of pairs(headers)) {
          writer.message(field, (entry) => headerEntry.writeMessage(entry, { name, value }))
        }
      },
      read: (reader, previous) => {
        const { name, value } = headerEntry.readMessage(reader.message())
        return appended(previous, name, value)
      },
    },
  }
}

/** Headers of dialects A to D; of several values of one name, actors get the last. */
export const headerMap: Shape<readonly string[]> = mapOf(writeHeaders, singleHeaders)

/** Headers of dialects A to D; several values of one name become one, joined by commas. */
export const joinedHeaderMap: Shape<readonly string[]> = mapOf(writeJoinedHeaders, joinedHeaders)

/** Headers of dialect E. */
export const headerLists: Shape<readonly string[]> = { ...headerMap, write: writeHeaderLists }

const headerEntry = struct<{ name: string; value: string }>({
  name: { shape: text },
  value: { shape: text },
})
