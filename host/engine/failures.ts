/** Tells apart the ways in which a guest stops where it should not. */
import { EngineError } from './errors.ts'

/** What is known about a guest that stopped. */
export interface Scene {
  /** What the guest said itself, as AssemblyScript does before it aborts. */
  readonly guestError: string | undefined
  readonly memoryBytes: number
  readonly memoryLimitBytes: number
}

const maxFrames = 16
const maxFrameLength = 200

/**
 * The typed error for what came out of a guest: an EngineError of an import as it is, a trap, or a
 * stack overflow.
 */
export function guestFailure(error: unknown, scene: Scene): EngineError {
  if (error instanceof EngineError) return error as EngineError
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return new EngineError('ERR_GUEST_STACK_OVERFLOW', {}, 'actor ran out of stack', {
      cause: error,
    })
  }
  const trap = error instanceof Error ? error.message : String(error)
  const { guestError, memoryBytes, memoryLimitBytes } = scene
  const memoryAtLimit = memoryBytes > memoryLimitBytes - 65_536
  const said = guestError === undefined || guestError === '' ? '' : `: ${guestError}`
  const full = memoryAtLimit ? ` with its memory at the limit of ${memoryLimitBytes} bytes` : ''
  return new EngineError(
    'ERR_GUEST_TRAP',
    {
      trap,
      stack: wasmFrames(error),
      ...(guestError === undefined ? {} : { guestError }),
      memoryBytes,
      memoryAtLimit,
    },
    `actor trapped${full}: ${trap}${said}`,
    { cause: error },
  )
}

/** `name (function 3, at 0x4a)`, innermost first; JavaScript frames left out. */
function wasmFrames(error: unknown): readonly string[] {
  if (!(error instanceof Error) || error.stack === undefined) return []
  const frames: string[] = []
  for (const line of error.stack.split('\n')) {
    const frame =
      /^\s+at (?:(.*) \()?wasm:\/\/[^\s]*:wasm-function\[(\d+)\]:(0x[0-9a-f]+)\)?$/.exec(line)
    if (frame === null) continue
    const [, name = '?', index, offset] = frame
    frames.push(`${name.slice(0, maxFrameLength)} (function ${index}, at ${offset})`)
    if (frames.length === maxFrames) break
  }
  return frames
}
