/** Arrays as PostgreSQL writes them: `{1,2,NULL}`, `{"a,b",{x}}` (its manual, section 8.15.6). */
import type { SqlValue } from '../../contracts/index.ts'

/** An array that PostgreSQL wrote; `undefined` for what is none. */
export function parseArray(
  text: string,
  item: (text: string) => SqlValue,
): readonly SqlValue[] | undefined {
  // Bounds other than from 1 are told first: [0:1]={1,2}.
  let at = text.startsWith('[') ? text.indexOf('=') + 1 : 0
  if (text.charAt(at) !== '{') return undefined
  const open: SqlValue[][] = []
  for (;;) {
    const character = text.charAt(at)
    if (character === '{') {
      const array: SqlValue[] = []
      open.at(-1)?.push(array)
      open.push(array)
      at++
    } else if (character === '}') {
      const array = open.pop()
      at++
      if (open.length === 0) return at === text.length ? array : undefined
    } else if (character === ',') at++
    else {
      const inner = open.at(-1)
      const end = character === '"' ? endOfQuoted(text, at) : endOfBare(text, at)
      if (!inner || end <= at) return undefined
      const word = text.slice(at, end)
      if (character === '"') inner.push(item(word.slice(1, -1).replace(/\\(.)/gs, '$1')))
      else inner.push(word === 'NULL' ? null : item(word))
      at = end
    }
  }
}

/** An array as a parameter. */
export function writeArray(values: readonly SqlValue[], item: (value: SqlValue) => string): string {
  const items = values.map((value) => {
    if (value === null) return 'NULL'
    if (Array.isArray(value)) return writeArray(value as readonly SqlValue[], item)
    return `"${item(value).replace(/["\\]/g, '\\$&')}"`
  })
  return `{${items.join(',')}}`
}

function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\\') at++
    else if (character === '"') return at + 1
  }
  return from
}

function endOfBare(text: string, from: number): number {
  let at = from
  while (at < text.length && !/[{},"]/.test(text.charAt(at))) at++
  return at
}
