/** From wasm bytes to a metered, callable guest. */
import { EngineError } from './errors.ts'
import type { Guest } from './guest.ts'
import type { GuestHooks } from './host-call.ts'
import { type EngineLimits, withDefaultLimits } from './limits.ts'
import { NameCache } from './name-cache.ts'
import { type ModuleFacts, prepare } from './prepare/index.ts'
import { GuestPool } from './pool.ts'
import type { Scheduler } from './scheduler.ts'
import { wasiModule, wasiParameters } from './wasi.ts'

/** How to compile a module. */
export interface CompileGuestOptions {
  /** Those not given are {@link defaultLimits}. */
  readonly limits?: { readonly [L in keyof EngineLimits]?: number | undefined }
  /** Whether to offer WASI’s `fd_write` and `random_get` besides waPC. Default: false, as actors have no WASI. */
  readonly wasi?: boolean
  /** Gives the loading up. */
  readonly signal?: AbortSignal | undefined
}

/** What a guest is connected to. */
export interface OpenGuestOptions extends GuestHooks {
  /** One for all guests of a process. */
  readonly scheduler: Scheduler
  /**
   * For a guest that remembers from call to call: it has one instance, which is neither let go while
   * idle nor called in the way that may cost the instance. {@link Guest.restarts} tells when it was
   * lost all the same. Default: false.
   */
  readonly keepsState?: boolean
}

/** How to load a guest, and what it is connected to. */
export interface LoadGuestOptions extends CompileGuestOptions, OpenGuestOptions {}

/** A module, checked and compiled: guests of it share the code and nothing else. */
export interface GuestModule {
  readonly facts: ModuleFacts
  readonly limits: EngineLimits
  /**
   * Starts one instance, so that what cannot run is known now. Others start as calls need them.
   *
   * @throws EngineError `ERR_OUT_OF_MEMORY`, `ERR_WASM_INVALID` if its data does not fit, and what a
   * guest can cause while it starts
   */
  open(options: OpenGuestOptions): Promise<Guest>
}

const parametersOf: Readonly<Record<string, readonly number[]>> = {
  __guest_request: [2],
  __guest_response: [2],
  __guest_error: [2],
  __host_call: [4, 6, 8],
  __host_response_len: [0],
  __host_response: [1],
  __host_error_len: [0],
  __host_error: [1],
  __console_log: [2],
}

const importModules: readonly string[] = ['wapc', 'wasmbus']

/** What a guest of some generation has to have run before it is called, in order. */
const startNames: readonly string[] = ['_start', 'wapc_init']

/**
 * Prepares, compiles and checks a module, and starts one instance of it, so that what cannot run
 * is known now. Other instances start as calls need them.
 *
 * @param wasm not kept; to be verified before, for the engine knows nothing of claims
 * @throws EngineError `ERR_WASM_INVALID`, `ERR_WASM_FEATURE`, `ERR_WASM_LIMIT`, `ERR_WASM_IMPORT` for
 * anything but waPC's functions, `ERR_WASM_EXPORT` without `memory` and `__guest_call`,
 * `ERR_OUT_OF_MEMORY`, `ERR_INVOCATION_ABORTED`, and what a guest can cause while it starts
 */
export async function loadGuest(wasm: Uint8Array, options: LoadGuestOptions): Promise<Guest> {
  const module = await compileGuest(wasm, options)
  return module.open(options)
}

/**
 * Prepares, compiles and checks a module. Nothing of it runs yet.
 *
 * @param wasm not kept; to be verified before, for the engine knows nothing of claims
 * @throws EngineError `ERR_WASM_INVALID`, `ERR_WASM_FEATURE`, `ERR_WASM_LIMIT`, `ERR_WASM_IMPORT` for
 * anything but what the options offer, `ERR_WASM_EXPORT` without `memory` and `__guest_call`,
 * `ERR_INVOCATION_ABORTED`
 */
export async function compileGuest(
  wasm: Uint8Array,
  options: CompileGuestOptions = {},
): Promise<GuestModule> {
  const limits = withDefaultLimits(options.limits)
  const prepared = prepare(wasm, limits)
  const { facts, startExport } = prepared
  checkInterface(facts, options)
  throwIfAborted(options.signal)
  const module = await compile(prepared.bytes)
  throwIfAborted(options.signal)
  const names = startNames.filter((start) => facts.exports.some(({ name }) => name === start))
  const maxPages = facts.memory?.maxPages ?? Number.POSITIVE_INFINITY
  const compiled = {
    module,
    facts,
    fuelExport: prepared.fuelGlobal,
    startExports: startExport === undefined ? names : [startExport, ...names],
    memoryLimitBytes: Math.min(limits.memoryBytes, maxPages * 65_536),
    wasi: options.wasi ?? false,
  }
  return {
    facts,
    limits,
    open: async (options) => {
      const { scheduler, keepsState = false } = options
      const pool = new GuestPool({
        ...compiled,
        limits: keepsState ? Object.freeze({ ...limits, instances: 1, minInstances: 1 }) : limits,
        mayCallDirectly: !keepsState,
        exchange: { hooks: options, names: new NameCache(), payloadBytes: limits.payloadBytes },
        scheduler,
      })
      await pool.warm()
      return pool
    },
  }
}

/**
 * Looks whether a module has what a guest must have, and wants only what one may have.
 *
 * @throws EngineError `ERR_WASM_IMPORT`, `ERR_WASM_EXPORT`
 */
export function checkInterface(
  facts: ModuleFacts,
  offered: Pick<CompileGuestOptions, 'wasi'> = {},
): void {
  checkImports(facts, offered.wasi ?? false)
  checkExports(facts)
}

async function compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new EngineError('ERR_WASM_INVALID', { reason }, `module is not valid: ${reason}`, {
      cause: error,
    })
  }
}

function checkImports(facts: ModuleFacts, wasi: boolean): void {
  for (const { module, name, kind, params } of facts.imports) {
    const isWasi = wasi && module === wasiModule
    const functions = isWasi ? wasiParameters : parametersOf
    const known = Object.hasOwn(functions, name) ? functions[name] : undefined
    const offered =
      kind === 'function' && (isWasi || importModules.includes(module)) && known !== undefined
    if (offered && known.includes(params ?? -1)) continue
    const asked = offered ? ` with ${params} parameters` : ''
    const who = wasi ? 'portable provider' : 'actor'
    throw new EngineError(
      'ERR_WASM_IMPORT',
      { module, name },
      `module imports ${kind} ${JSON.stringify(`${module}.${name}`)}${asked}, which no ${who} may`,
    )
  }
}

function checkExports(facts: ModuleFacts): void {
  const find = (name: string) => facts.exports.find((item) => item.name === name)
  const memory = find('memory')
  if (memory?.kind !== 'memory') throw exportError('memory', 'its memory')
  const call = find('__guest_call')
  if (call?.kind !== 'function' || call.params !== 2 || call.results !== 1) {
    throw exportError('__guest_call', 'a function of two parameters and a result')
  }
  for (const name of startNames) {
    const start = find(name)
    if (start === undefined || (start.kind === 'function' && start.params === 0)) continue
    throw exportError(name, 'a function without parameters')
  }
}

function exportError(name: string, what: string): EngineError<'ERR_WASM_EXPORT'> {
  return new EngineError(
    'ERR_WASM_EXPORT',
    { name },
    `module does not export ${what} as ${JSON.stringify(name)}`,
  )
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  throw new EngineError('ERR_INVOCATION_ABORTED', {}, 'the caller gave the loading up', {
    cause: signal.reason,
  })
}
