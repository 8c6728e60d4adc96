/** Wasm modules by hand, well-formed or not. */

/** The eight bytes every core module starts with. */
export const preamble: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

/** Unsigned LEB128, padded with needless bytes to `width` if that is more than it takes. */
export function leb(value: number, width = 1): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(rest > 0 || bytes.length + 1 < width ? low | 0x80 : low)
  } while (rest > 0 || bytes.length < width)
  return bytes
}

/** One section, its size written in at least `sizeWidth` bytes. */
export function section(id: number, payload: Iterable<number>, sizeWidth = 1): number[] {
  const bytes = [...payload]
  return [id, ...leb(bytes.length, sizeWidth), ...bytes]
}

/** A custom section. */
export function custom(name: string, content: string | Iterable<number>, sizeWidth = 1): number[] {
  const nameBytes = [...Buffer.from(name)]
  const contentBytes = typeof content === 'string' ? Buffer.from(content) : content
  return section(0, [...leb(nameBytes.length), ...nameBytes, ...contentBytes], sizeWidth)
}

/** A core module of these sections. */
export function moduleOf(...sections: readonly Iterable<number>[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...preamble, ...sections.flatMap((bytes) => [...bytes])])
}

/** Sections of a module that compiles and answers 42 from its export `answer`. */
export const answerSections: Readonly<
  Record<'type' | 'function' | 'memory' | 'export' | 'code' | 'data', readonly number[]>
> = {
  type: section(1, [1, 0x60, 0, 1, 0x7f]),
  function: section(3, [1, 0]),
  memory: section(5, [1, 0, 1]),
  export: section(7, [1, 6, ...Buffer.from('answer'), 0, 0]),
  code: section(10, [1, 4, 0, 0x41, 42, 0x0b]),
  data: section(11, [1, 0, 0x41, 0, 0x0b, 5, ...Buffer.from('hello')]),
}

/** The module of {@link answerSections}, with room for more sections in front and behind. */
export function answerModule(
  before: readonly number[] = [],
  behind: readonly number[] = [],
): Uint8Array<ArrayBuffer> {
  return moduleOf(before, ...Object.values(answerSections), behind)
}
