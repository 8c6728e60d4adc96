/** Constant expressions: what globals start with, where segments go, what they hold. */

import { feature, refusedByType } from './opcodes.ts'
import { malformed, refusedFeature, type ByteReader } from './reader.ts'
import type { IndexShift } from './shift.ts'
import type { ByteWriter } from './writer.ts'

/**
 * Copies one constant expression with its function indices shifted; returns feature bits.
 *
 * V8 checks that it is one value of the right type. Instructions that only later proposals allow
 * here are refused.
 *
 * @throws EngineError `ERR_WASM_INVALID`, `ERR_WASM_FEATURE`
 */
export function copyConstant(reader: ByteReader, writer: ByteWriter, shift: IndexShift): number {
  let features = 0
  for (;;) {
    const at = reader.pos
    const opcode = reader.u8()
    switch (opcode) {
      case 0x0b:
        writer.u8(opcode)
        return features
      case 0x41:
        reader.skipLeb(5)
        break
      case 0x42:
        reader.skipLeb(10)
        break
      case 0x43:
        reader.skip(4)
        break
      case 0x44:
        reader.skip(8)
        break
      case 0x23: {
        const index = reader.u32()
        // Reading a global of the module itself came with GC; an imported one is MVP.
        if (index >= shift.importedGlobals) throw refusedFeature('extended-const', at)
        break
      }
      case 0xd0: {
        const byte = reader.u8()
        const refused = refusedByType(byte)
        if (refused !== undefined) throw refusedFeature(refused, at)
        features |= feature.referenceTypes
        break
      }
      case 0xd2: {
        const index = reader.u32()
        writer.u8(opcode)
        writer.u32(shift.function(index, at))
        features |= feature.referenceTypes
        continue
      }
      case 0xfd: {
        if (reader.u32() !== 0x0c) throw malformed(at, 'not a constant instruction')
        reader.skip(16)
        features |= feature.simd
        break
      }
      default:
        throw notConstant(opcode, at)
    }
    writer.copy(reader.bytes, at, reader.pos)
  }
}

function notConstant(opcode: number, at: number): Error {
  const extended = [0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e]
  if (extended.includes(opcode)) return refusedFeature('extended-const', at)
  if (opcode === 0xfb) return refusedFeature('gc', at)
  return malformed(at, 'not a constant instruction')
}
