/** Makes modules for tests: from text with wabt, or byte by byte. */

import wabt from 'wabt'
import { leb, moduleOf, section } from '../../../../support/module-bytes.ts'

const features = {
  annotations: true,
  bulk_memory: true,
  exceptions: true,
  extended_const: true,
  function_references: true,
  gc: true,
  memory64: true,
  multi_value: true,
  mutable_globals: true,
  reference_types: true,
  relaxed_simd: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  tail_call: true,
  threads: true,
}

type Wabt = Awaited<ReturnType<typeof wabt>>
let loaded: Promise<Wabt> | undefined

/** Assembles the WebAssembly text format, names included. */
export async function assemble(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const tools = await (loaded ??= wabt())
  const parsed = tools.parseWat('test.wat', text, features)
  try {
    return Uint8Array.from(parsed.toBinary({ write_debug_names: true }).buffer)
  } finally {
    parsed.destroy()
  }
}

/** A name or any other run of bytes, with its length before it. */
export function sized(content: string | readonly number[]): number[] {
  const bytes = typeof content === 'string' ? [...new TextEncoder().encode(content)] : content
  return [...leb(bytes.length), ...bytes]
}

/** Items with their count before them. */
export function vector(...items: readonly (readonly number[])[]): number[] {
  return [...leb(items.length), ...items.flat()]
}

/** A function body without locals of its own; the closing `end` is added. */
export function body(...code: readonly number[]): number[] {
  return sized([0, ...code, 0x0b])
}

/** A module of one function `run` of type `() -> ()` with this code, a memory and a funcref table. */
export function moduleWithCode(code: readonly number[]): Uint8Array<ArrayBuffer> {
  return moduleOf(
    section(1, vector([0x60, 0, 0])),
    section(3, vector([0])),
    section(4, vector([0x70, 0, 1])),
    section(5, vector([0, 1])),
    section(7, vector([...sized('run'), 0, 0])),
    section(10, vector(sized([0, ...code, 0x0b]))),
  )
}
