/**
 * The step between checking a module's claims and compiling it: refuses what this host does not
 * run, bounds memory and tables, and meters, so that no module can keep the process to itself.
 */

import { EngineError } from '../errors.ts'
import { readDeclarations, type Declarations } from './declarations.ts'
import { gatherFacts, type ModuleFacts } from './facts.ts'
import type { PrepareLimits } from './limits.ts'
import { outlineModule } from './outline.ts'
import { rewriteModule, writeCode } from './rewrite.ts'
import { added, writeData, writeElements, writeGlobals } from './sections.ts'
import { IndexShift } from './shift.ts'
import { ByteWriter } from './writer.ts'

export type { ExportFact, ImportFact, ModuleFacts } from './facts.ts'
export type { PrepareLimits } from './limits.ts'

/** A module that is safe to compile and run under a meter. */
export interface PreparedModule {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly facts: ModuleFacts
  /** Export name of the fuel: a mutable i32 global, 0 at first, which the host refills. */
  readonly fuelGlobal: string
  /** Export name of what was the module's start function; the host calls it after instantiation. */
  readonly startExport?: string
}

/**
 * Rewrites a module for this host.
 *
 * The result imports one function more, `__wash.yield : () -> ()`, and calls it whenever fuel is below
 * zero, again and again until it is not: `yield` refills, or throws. It computes the same otherwise, and
 * cannot reach that function, the fuel, or any export added here. V8 validates the result: what only
 * type-checking shows is left to it.
 *
 * @throws EngineError `ERR_WASM_INVALID`, `ERR_WASM_FEATURE`, `ERR_WASM_LIMIT`, `ERR_WASM_IMPORT`
 * (anything but functions, or anything from `__wash`), `ERR_WASM_EXPORT` (a name beginning `__wash_`)
 */
export function prepare(wasm: Uint8Array, limits: PrepareLimits): PreparedModule {
  const outline = outlineModule(wasm)
  const declarations = readDeclarations(outline)
  checkNames(declarations)
  const shift = new IndexShift(declarations)
  const writer = new ByteWriter(wasm.length + (wasm.length >>> 1) + 1024)
  const features = rewriteModule({ outline, declarations, shift, limits, writer })
  return {
    bytes: writer.finish(),
    facts: gatherFacts(outline, declarations, features),
    fuelGlobal: added.fuel,
    ...(declarations.start === undefined ? {} : { startExport: added.start }),
  }
}

/**
 * What a module says about itself, without a verdict: for inspecting what {@link prepare} may refuse.
 *
 * A refused feature met in code is listed in place of what else the code uses.
 *
 * @throws EngineError `ERR_WASM_INVALID`, `ERR_WASM_LIMIT`, and `ERR_WASM_FEATURE` where the feature
 * leaves nothing to read: a component, or types beyond functions
 */
export function readFacts(wasm: Uint8Array): ModuleFacts {
  const outline = outlineModule(wasm)
  const declarations = readDeclarations(outline)
  const shift = new IndexShift(declarations)
  const writer = new ByteWriter(4096)
  const limits = { memoryBytes: 0, tableElements: 0 }
  const rewriting = { outline, declarations, shift, limits, writer }
  const refused: string[] = []
  let features = declarations.features
  const forget = (): void => {
    writer.pos = 0
  }
  for (const write of [writeGlobals, writeElements, writeData, writeCode]) {
    try {
      features |= write(rewriting, forget)
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'ERR_WASM_FEATURE') throw error
      const { feature } = error.detail as { feature: string }
      if (!refused.includes(feature)) refused.push(feature)
    }
    forget()
  }
  return gatherFacts(outline, declarations, features, refused)
}

function checkNames({ imports, exports }: Declarations): void {
  for (const { module, name, kind } of imports) {
    if (kind === 'function' && module !== added.module) continue
    throw new EngineError(
      'ERR_WASM_IMPORT',
      { module, name },
      `module imports the ${kind} ${JSON.stringify(`${module}.${name}`)}, which no actor may`,
    )
  }
  for (const { name } of exports) {
    if (!name.startsWith('__wash_')) continue
    throw new EngineError(
      'ERR_WASM_EXPORT',
      { name },
      `module exports ${JSON.stringify(name)}, a name reserved for the host`,
    )
  }
}
