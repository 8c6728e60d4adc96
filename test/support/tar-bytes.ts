/** Tar archives by hand, well-formed or not. */

/** One header as it is to be written, whether or not it makes sense. */
export interface TarEntry {
  readonly name: string
  readonly content?: Uint8Array | string
  /** Fields to write over, by the place where they begin: after the rest, before the checksum. */
  readonly fields?: Readonly<Record<number, string>>
  /** In the place of the right one. */
  readonly checksum?: string
  /** What fills the last block. Default: zeros. */
  readonly padding?: string
}

/** The header and content of one file, as the archives of wasmCloud's time have them: most fields zero. */
export function tarEntry(entry: TarEntry): Buffer {
  const content = Buffer.from((entry.content ?? '') as string)
  const header = Buffer.alloc(512)
  header.write(entry.name, 0, 'latin1')
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  header.write('00000000000\0', 136, 'latin1')
  header.write('ustar  \0', 257, 'latin1')
  for (const [at, text] of Object.entries(entry.fields ?? {}))
    header.write(text, Number(at), 'latin1')
  header.fill(0x20, 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(entry.checksum ?? `${sum.toString(8).padStart(7, '0')}\0`, 148, 'latin1')
  const padding = Buffer.alloc(-content.length & 511)
  padding.write(entry.padding ?? '', 'latin1')
  return Buffer.concat([header, content, padding])
}

/** The two empty blocks at the end. */
export const tarEnd: Buffer = Buffer.alloc(1024)

/** A whole archive. */
export function tarOf(...entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.map(tarEntry), tarEnd])
}
