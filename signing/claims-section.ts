/** The custom section that carries a module's token, and the hash of everything around it. */

import { createHash } from 'node:crypto'
import { SigningError } from './errors.ts'
import {
  encodeU32,
  preambleBytes,
  readSection,
  readSections,
  startsWithMagic,
  type WasmSection,
} from './wasm-sections.ts'

/** Names a claims section can have: wascap wrote `jwt` up to 0.8 and writes `wasmcloud_jwt` since. */
export type ClaimsSectionName = 'jwt' | 'wasmcloud_jwt'

/** The longest token accepted, in bytes. */
const maxTokenBytes: number = 64 * 1024

/** SHA-256 of a module without its claims section, in upper-case hex, as wascap writes it. */
export interface ModuleHash {
  /** Over the bytes as they are. */
  readonly raw: string
  /** Over the sections with each size written in as few bytes as it can be. */
  readonly canonical: string
}

/** A module's claims section and the hash of the rest. */
export interface ClaimsSection {
  readonly sectionName: ClaimsSectionName
  /** The section's content as text, unchecked. */
  readonly token: string
  readonly moduleHash: ModuleHash
}

/**
 * Finds the one claims section of a module.
 *
 * Exactly one is accepted, anywhere among the sections, of at most 64 KiB. Refused besides: a claims
 * section inside any section whose content is itself a module or component (starts with `\0asm`),
 * however deep: two readers that disagree on depth would read different claims.
 *
 * @throws SigningError `ERR_WASM_MALFORMED`, `ERR_CLAIMS_DUPLICATE`, `ERR_CLAIMS_NESTED`,
 * `ERR_CLAIMS_MISSING`, `ERR_CLAIMS_TOO_LARGE`
 */
export function readClaimsSection(wasm: Uint8Array): ClaimsSection {
  const sections = readSections(wasm)
  const found = sections.filter(isClaimsSection)
  if (found.length > 1)
    throw new SigningError(
      'ERR_CLAIMS_DUPLICATE',
      { offsets: found.map((section) => section.start) },
      `${found.length} claims sections in one module`,
    )
  refuseNestedClaims(wasm, sections)
  const [section] = found
  if (section === undefined)
    throw new SigningError(
      'ERR_CLAIMS_MISSING',
      { sections: sections.length },
      'the module carries no claims',
    )
  const bytes = wasm.subarray(section.content, section.end)
  checkTokenSize(bytes.length)
  return {
    sectionName: section.name,
    token: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'),
    moduleHash: hashWithoutClaims(wasm, sections),
  }
}

/**
 * The module without any claims section, as a copy. For a module signed by {@link embedToken} these
 * are exactly the bytes that were signed.
 *
 * @throws SigningError `ERR_WASM_MALFORMED`
 */
export function stripClaims(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  const kept = keptRanges(wasm, readSections(wasm))
  const stripped = new Uint8Array(kept.reduce((bytes, range) => bytes + range.length, 0))
  let offset = 0
  for (const range of kept) {
    stripped.set(range, offset)
    offset += range.length
  }
  return stripped
}

/**
 * The hash to claim for a module that has no claims section yet: the canonical one, which wascap 0.10
 * and later compare with. For modules with minimal section sizes, which is what every linker and
 * optimiser but walrus writes, the older raw hash is the same.
 *
 * @throws SigningError `ERR_WASM_MALFORMED`, `ERR_CLAIMS_NESTED`
 */
export function hashToClaim(unsigned: Uint8Array): string {
  const sections = readSections(unsigned)
  refuseNestedClaims(unsigned, sections)
  return hashWithoutClaims(unsigned, sections).canonical
}

/** Appends `token` in a claims section, named and placed as current wascap does it. */
export function embedToken(unsigned: Uint8Array, token: string): Uint8Array<ArrayBuffer> {
  const name = Buffer.from('wasmcloud_jwt' satisfies ClaimsSectionName)
  const content = Buffer.concat([encodeU32(name.length), name, Buffer.from(token, 'latin1')])
  const size = encodeU32(content.length)
  const signed = new Uint8Array(unsigned.length + 1 + size.length + content.length)
  signed.set(unsigned)
  signed.set(size, unsigned.length + 1)
  signed.set(content, unsigned.length + 1 + size.length)
  return signed
}

/** @throws SigningError `ERR_CLAIMS_TOO_LARGE` */
export function checkTokenSize(bytes: number): void {
  if (bytes <= maxTokenBytes) return
  throw new SigningError(
    'ERR_CLAIMS_TOO_LARGE',
    { bytes, allowed: maxTokenBytes },
    `${bytes} bytes of claims, at most ${maxTokenBytes} are accepted`,
  )
}

function isClaimsSection<S extends WasmSection>(
  section: S,
): section is S & { name: ClaimsSectionName } {
  return section.name === 'jwt' || section.name === 'wasmcloud_jwt'
}

/** A frame's header belongs to one level only, so the time is linear however deep modules nest. */
function refuseNestedClaims(wasm: Uint8Array, sections: readonly WasmSection[]): void {
  for (const outer of sections) {
    const pending = [{ start: outer.content, end: outer.end }]
    for (let range = pending.pop(); range !== undefined; range = pending.pop()) {
      for (const inner of framesOf(wasm, range.start, range.end)) {
        if (isClaimsSection(inner))
          throw new SigningError(
            'ERR_CLAIMS_NESTED',
            { section: outer.name ?? `#${outer.id}`, offset: inner.start },
            `section ${JSON.stringify(outer.name ?? outer.id)} hides a module with claims`,
          )
        pending.push({ start: inner.content, end: inner.end })
      }
    }
  }
}

/** The frames of a nested module or component, as far as they can be read; none if it is neither. */
function* framesOf(wasm: Uint8Array, start: number, end: number): Generator<WasmSection> {
  if (!startsWithMagic(wasm, start)) return
  const nested = wasm.subarray(0, end)
  let offset = start + preambleBytes
  while (offset < end) {
    let frame: WasmSection
    try {
      frame = readSection(nested, offset)
    } catch {
      // bytes that are no section hide no section from any other reader either
      return
    }
    yield frame
    offset = frame.end
  }
}

function keptRanges(wasm: Uint8Array, sections: readonly WasmSection[]): Uint8Array[] {
  const kept: Uint8Array[] = []
  let from = 0
  for (const section of sections) {
    if (!isClaimsSection(section)) continue
    kept.push(wasm.subarray(from, section.start))
    from = section.end
  }
  kept.push(wasm.subarray(from))
  return kept
}

function hashWithoutClaims(wasm: Uint8Array, sections: readonly WasmSection[]): ModuleHash {
  const raw = createHash('sha256')
  for (const range of keptRanges(wasm, sections)) raw.update(range)
  const rawHex = raw.digest('hex').toUpperCase()
  const rest = sections.filter((section) => !isClaimsSection(section))
  if (rest.every((section) => section.minimalSize)) return { raw: rawHex, canonical: rawHex }
  const canonical = createHash('sha256').update(wasm.subarray(0, preambleBytes))
  for (const section of rest)
    canonical
      .update(Uint8Array.of(section.id))
      .update(encodeU32(section.end - section.payload))
      .update(wasm.subarray(section.payload, section.end))
  return { raw: rawHex, canonical: canonical.digest('hex').toUpperCase() }
}
