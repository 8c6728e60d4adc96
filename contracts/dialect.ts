/** Which dialect a module speaks: decided once, when it is loaded. */
import type { Dialect } from './contract.ts'

/** What the decision rests on: the module's imports and exports, and the contracts it claims. */
export interface DialectFacts {
  readonly imports: readonly {
    readonly module: string
    readonly name: string
    /** Number of parameters, for functions. */
    readonly params?: number | undefined
  }[]
  readonly exports: readonly { readonly name: string }[]
  /** Contract ids of its claims. */
  readonly contracts: readonly string[]
}

/** What became of a probing call. A trap is an error like any other. */
export type ProbeOutcome = { readonly reply: Uint8Array } | { readonly error: string }

/** A call that tells dialects apart: make it on a fresh instance and throw that away. */
export interface ProbeSpec {
  readonly operation: string
  readonly payload: Uint8Array
  interpret(outcome: ProbeOutcome): Detection
}

/** Known, or known after one more call. At most two calls are ever asked for. */
export type Detection = { readonly dialect: Dialect } | { readonly probe: ProbeSpec }

/**
 * Decides by what only one dialect has; asks for a call where there is no such thing.
 *
 * - `wasmbus` imports, or a version export of that time: E
 * - `__host_call` of 4 parameters: A
 * - claims of `wasmcloud:*`: D, with or without `wapc_init` (AssemblyScript has `_start` alone)
 * - `wapc_init`: C if the claims say `wascc:*`, else D
 * - `_start` without it, in a module with the 8 parameters or none: C, for AssemblyScript came with it
 * - 6 parameters: A or B, by a call; 8: B or C, by a call; a module that never calls: any of them
 */
export function detectDialect(facts: DialectFacts): Detection {
  const exported = new Set(facts.exports.map(({ name }) => name))
  const imported = facts.imports.filter(({ name }) => name.startsWith('__'))
  if (
    imported.some(({ module }) => module === 'wasmbus') ||
    exported.has('__wasmbus_rpc_version') ||
    exported.has('__actor_api_version')
  ) {
    return { dialect: 'E' }
  }
  const hostCall = imported.find(
    ({ module, name }) => module === 'wapc' && name === '__host_call',
  )?.params
  if (hostCall === 4) return { dialect: 'A' }
  if (facts.contracts.some((id) => id.startsWith('wasmcloud:'))) return { dialect: 'D' }
  if (exported.has('wapc_init')) {
    return { dialect: facts.contracts.some((id) => id.startsWith('wascc:')) ? 'C' : 'D' }
  }
  if (hostCall === 6) return { probe: isProtobuf }
  if (exported.has('_start')) return { dialect: 'C' }
  return { probe: hostCall === 8 ? isSilent({ dialect: 'B' }) : isSilent({ probe: isProtobuf }) }
}

/** `HealthRequest { placeholder: false }` by position, which readers of maps take as well. */
const positionalHealth = Uint8Array.of(0x91, 0xc2)

/** Asks after the actor's health: dialect C answers with something (nil), earlier ones with nothing. */
function isSilent(earlier: Detection): ProbeSpec {
  return {
    operation: 'HealthRequest',
    payload: positionalHealth,
    interpret: (outcome) =>
      'reply' in outcome && outcome.reply.length === 0 ? earlier : { dialect: 'C' },
  }
}

/** Asks with no bytes at all: a whole message in protobuf, a broken one in MessagePack. */
const isProtobuf: ProbeSpec = {
  operation: 'HealthRequest',
  payload: new Uint8Array(0),
  interpret: (outcome) => ({ dialect: 'reply' in outcome ? 'A' : 'B' }),
}

/**
 * Takes apart what actors of dialect A with 4 parameters give as an operation,
 * `wascc:keyvalue!Add`. `undefined` if it is not of that form.
 */
export function splitOperation(
  qualified: string,
): { contractId: string; operation: string } | undefined {
  const at = qualified.indexOf('!')
  if (at <= 0 || at === qualified.length - 1) return undefined
  return { contractId: qualified.slice(0, at), operation: qualified.slice(at + 1) }
}
