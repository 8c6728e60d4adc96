/** Value types and the type section. */

import { feature, refusedByType } from './opcodes.ts'
import { checkCeiling } from './limits.ts'
import { malformed, refusedFeature, type ByteReader } from './reader.ts'

/** The function types of a module, by type index. */
export interface Signatures {
  readonly params: Uint8Array
  readonly results: Uint8Array
  /** Bits of {@link feature}. */
  readonly features: number
}

/** Reads a value type and returns its feature bit, or 0. */
export function valueType(reader: ByteReader): number {
  const at = reader.pos
  const byte = reader.u8()
  if (byte >= 0x7c && byte <= 0x7f) return 0
  if (byte === 0x7b) return feature.simd
  if (byte === 0x70 || byte === 0x6f) return feature.referenceTypes
  const refused = refusedByType(byte)
  throw refused === undefined
    ? malformed(at, `unknown value type 0x${byte.toString(16)}`)
    : refusedFeature(refused, at)
}

/** Reads `funcref` or `externref`. */
export function referenceType(reader: ByteReader): number {
  const at = reader.pos
  const byte = reader.u8()
  if (byte === 0x70 || byte === 0x6f) return byte
  const refused = refusedByType(byte)
  throw refused === undefined
    ? malformed(at, `unknown reference type 0x${byte.toString(16)}`)
    : refusedFeature(refused, at)
}

/** Reads a type section. `reader` is undefined where the module has none. */
export function readSignatures(reader: ByteReader | undefined): Signatures {
  const count = reader?.count() ?? 0
  checkCeiling('types', count)
  const params = new Uint8Array(count)
  const results = new Uint8Array(count)
  let features = 0
  if (reader === undefined) return { params, results, features }
  for (let i = 0; i < count; i++) {
    const at = reader.pos
    const form = reader.u8()
    if (form !== 0x60) throw refusedForm(form, at)
    const paramCount = reader.count()
    checkCeiling('params', paramCount)
    for (let k = 0; k < paramCount; k++) features |= valueType(reader)
    const resultCount = reader.count()
    checkCeiling('results', resultCount)
    for (let k = 0; k < resultCount; k++) features |= valueType(reader)
    if (resultCount > 1) features |= feature.multiValue
    params[i] = paramCount
    results[i] = resultCount
  }
  return { params, results, features }
}

function refusedForm(form: number, at: number): Error {
  switch (form) {
    case 0x4e:
    case 0x4f:
    case 0x50:
    case 0x5e:
    case 0x5f:
      return refusedFeature('gc', at)
    case 0x4c:
    case 0x4d:
      return refusedFeature('custom-descriptors', at)
    case 0x5d:
      return refusedFeature('stack-switching', at)
    case 0x65:
      return refusedFeature('shared-everything-threads', at)
    default:
      return malformed(at, `unknown type form 0x${form.toString(16)}`)
  }
}
