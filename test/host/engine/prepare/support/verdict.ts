import { EngineError, type AnyEngineError } from '../../../../../host/engine/errors.ts'
import { prepare } from '../../../../../host/engine/prepare/index.ts'
import { limits } from './run.ts'

/** The error that preparing ends in; anything but an EngineError goes on up. */
export function refusal(wasm: Uint8Array): AnyEngineError | undefined {
  try {
    prepare(wasm, limits)
    return undefined
  } catch (error) {
    if (error instanceof EngineError) return error as AnyEngineError
    throw error
  }
}

/** In a word: `ok`, a refused feature's name, or the error's code. */
export function verdict(wasm: Uint8Array): string {
  const error = refusal(wasm)
  if (error === undefined) return 'ok'
  return error.code === 'ERR_WASM_FEATURE' ? error.detail.feature : error.code
}
