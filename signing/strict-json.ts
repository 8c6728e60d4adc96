/**
 * JSON without second readings: no duplicate keys, no `__proto__`, no lone surrogates, no numbers
 * beyond a double, bounded depth. Two parsers that see the same text here see the same value.
 */

/** A parsed value. Objects have no prototype. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject

/** A parsed object. It has no prototype, so every key read is one that was written. */
export interface JsonObject {
  [key: string]: JsonValue
}

/** Nested deeper than this is refused. Provider claims carry a JSON Schema, nothing else nests. */
const maxDepth = 64

const blank = /[\t\n\r ]*/y
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"/y
const literal = /true|false|null/y

/** @throws SyntaxError with a reason in plain words */
export function parseStrictJson(text: string): JsonValue {
  let at = 0

  function take(pattern: RegExp): string {
    pattern.lastIndex = at
    const [found = ''] = pattern.exec(text) ?? []
    at += found.length
    return found
  }

  function fail(reason: string): never {
    throw new SyntaxError(`${reason} at character ${at}`)
  }

  function expect(character: string): void {
    if (text[at] !== character) fail(`expected ${character}`)
    at++
  }

  function parseString(): string {
    const value = JSON.parse(take(string) || fail('expected a string')) as string
    return value.isWellFormed() ? value : fail('a lone surrogate')
  }

  function parseNumber(): number {
    const value = Number(take(number) || fail('expected a value'))
    return Number.isFinite(value) ? value : fail('a number out of range')
  }

  /** Items between `open` and `close`, with commas between and none at the end. */
  function parseItems(close: string, item: () => void): void {
    at++
    take(blank)
    if (text[at] === close) {
      at++
      return
    }
    for (;;) {
      take(blank)
      item()
      take(blank)
      if (text[at] === close) break
      expect(',')
    }
    at++
  }

  function parseObject(depth: number): JsonObject {
    const object = Object.create(null) as JsonObject
    parseItems('}', () => {
      const key = parseString()
      if (key in object) fail(`the key ${JSON.stringify(key)} twice`)
      if (key === '__proto__') fail('the key "__proto__"')
      take(blank)
      expect(':')
      object[key] = parseValue(depth + 1)
    })
    return object
  }

  function parseArray(depth: number): JsonValue[] {
    const items: JsonValue[] = []
    parseItems(']', () => items.push(parseValue(depth + 1)))
    return items
  }

  function parseValue(depth: number): JsonValue {
    if (depth > maxDepth) fail(`deeper than ${maxDepth}`)
    take(blank)
    if (text[at] === '{') return parseObject(depth)
    if (text[at] === '[') return parseArray(depth)
    if (text[at] === '"') return parseString()
    const word = take(literal)
    return word === '' ? parseNumber() : (JSON.parse(word) as JsonValue)
  }

  const value = parseValue(0)
  take(blank)
  if (at < text.length) fail('text after the value')
  return value
}

/** Whether `value` is an object and no array. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
