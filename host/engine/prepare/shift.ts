/**
 * How indices change. The imported `yield` goes after the module's own imported functions, so every
 * function that the module defines moves up by one; the fuel global goes after all its globals, so
 * that none moves. No index the module can write leads to either.
 */

import type { Declarations } from './declarations.ts'
import { malformed } from './reader.ts'

export class IndexShift {
  readonly importedFunctions: number
  readonly functions: number
  readonly importedGlobals: number
  readonly globals: number
  readonly types: number

  constructor(declarations: Declarations) {
    this.importedFunctions = declarations.importedFunctions
    this.functions = declarations.functionTypes.length
    this.importedGlobals = declarations.importedGlobals
    this.globals = declarations.globals
    this.types = declarations.signatures.params.length
  }

  /** The function index of the imported `yield`. */
  get yield(): number {
    return this.importedFunctions
  }

  /** The global index of the fuel. */
  get fuel(): number {
    return this.globals
  }

  /**
   * The new index of the module's function `index`; `at` is where it was read.
   *
   * @throws EngineError `ERR_WASM_INVALID` if the module has no such function
   */
  function(index: number, at: number): number {
    if (index >= this.functions) throw malformed(at, `unknown function ${index}`)
    return index < this.importedFunctions ? index : index + 1
  }
}
