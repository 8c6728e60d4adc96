/** What a module says about itself, as far as a host cares. */

import type { Declarations, ExternKind } from './declarations.ts'
import { featureNames } from './opcodes.ts'
import type { Outline } from './outline.ts'

export interface ImportFact {
  readonly module: string
  readonly name: string
  readonly kind: ExternKind
  /** How many parameters and results; functions only. */
  readonly params?: number
  readonly results?: number
}

export interface ExportFact {
  readonly name: string
  readonly kind: ExternKind
  /** How many parameters and results; functions only. */
  readonly params?: number
  readonly results?: number
}

/** What a module imports, exports, needs and uses. */
export interface ModuleFacts {
  readonly imports: readonly ImportFact[]
  readonly exports: readonly ExportFact[]
  /** As the module declares it, in pages of 64 KiB; undefined if it has no memory. */
  readonly memory: { readonly minPages: number; readonly maxPages?: number } | undefined
  /** How many parameters the imported `__host_call` takes, which differs between generations. */
  readonly hostCallParams: 4 | 6 | 8 | undefined
  /** The module that the waPC functions are imported from; undefined if none are. */
  readonly waPC: 'wapc' | 'wasmbus' | undefined
  /** Names of the WebAssembly features beyond the first version that the module uses. */
  readonly features: readonly string[]
  /** Names of the custom sections, in order. */
  readonly customSections: readonly string[]
  /** How many functions the module defines. */
  readonly functions: number
}

/** Puts the facts together; `features` are the bits of features used, `refused` names more. */
export function gatherFacts(
  outline: Outline,
  declarations: Declarations,
  features: number,
  refused: readonly string[] = [],
): ModuleFacts {
  const arity = (type: number | undefined): { params?: number; results?: number } =>
    type === undefined
      ? {}
      : {
          params: declarations.signatures.params[type] as number,
          results: declarations.signatures.results[type] as number,
        }
  const imports = declarations.imports.map(({ module, name, kind, type }) => {
    return { module, name, kind, ...arity(type) }
  })
  const exports = declarations.exports.map(({ name, kind, index }) => {
    return {
      name,
      kind,
      ...arity(kind === 'function' ? declarations.functionTypes[index] : undefined),
    }
  })
  const { memory } = declarations
  const hostCall = imports.find((item) => isWaPC(item.module) && item.name === '__host_call')
  return {
    imports,
    exports,
    memory: memory && {
      minPages: memory.min,
      ...(memory.max === undefined ? {} : { maxPages: memory.max }),
    },
    hostCallParams: hostCallArity(hostCall?.params),
    waPC: imports.map((item) => item.module).find(isWaPC),
    features: [...featureNames.filter((_, bit) => (features & (1 << bit)) !== 0), ...refused],
    customSections: outline.customs.map((section) => section.name),
    functions: declarations.functionTypes.length - declarations.importedFunctions,
  }
}

function isWaPC(module: string): module is 'wapc' | 'wasmbus' {
  return module === 'wapc' || module === 'wasmbus'
}

function hostCallArity(params: number | undefined): 4 | 6 | 8 | undefined {
  return params === 4 || params === 6 || params === 8 ? params : undefined
}
