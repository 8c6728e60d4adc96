import { HostError } from '../errors.ts'
import { eventReason } from '../events.ts'

/** A failure to do what a line of a manifest asks for. */
export class LineFailure extends Error {
  readonly line: number | undefined

  constructor(line: number | undefined, cause: unknown) {
    super(eventReason(cause).message, { cause })
    this.line = line
  }
}

/** @throws LineFailure around what `work` throws */
export async function atLine<T>(line: number | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new LineFailure(line, cause)
  }
}

/**
 * An `ERR_MANIFEST_NOT_APPLIED`.
 *
 * @param left What could not be taken back.
 */
export function notApplied(
  path: string,
  error: unknown,
  left: readonly string[],
): HostError<'ERR_MANIFEST_NOT_APPLIED'> {
  const { line, cause } = error instanceof LineFailure ? error : { line: undefined, cause: error }
  const reason = eventReason(cause)
  const where = line === undefined ? '' : `line ${line}: `
  const rest = left.length === 0 ? '' : `\nand could not be taken back: ${left.join('; ')}`
  return new HostError(
    'ERR_MANIFEST_NOT_APPLIED',
    { path, ...(line !== undefined && { line }), reason, left },
    `${path} is not in effect: ${where}${reason.message}${rest}`,
    { cause },
  )
}
