/** The errors that all blob stores throw, with their words. */
import { CapabilityError, type CapabilityErrorDetails } from '../errors.ts'
import { visibleText } from '../visible-text.ts'

/** Bytes of a name that an error message shows. */
const shownNameBytes = 128

/** A name as a message shows it: short, in quotes, without control characters. */
export function shownName(name: string): string {
  return `"${visibleText(name, shownNameBytes)}"`
}

/** There is no such container, or no such blob in it. */
export function notFound(container: string, id?: string): CapabilityError<'ERR_BLOB_NOT_FOUND'> {
  const what =
    id === undefined
      ? `there is no container ${shownName(container)}`
      : `there is no blob ${shownName(id)} in container ${shownName(container)}`
  return new CapabilityError('ERR_BLOB_NOT_FOUND', { container, id }, what)
}

/** The container holds something. */
export function notEmpty(container: string): CapabilityError<'ERR_CONTAINER_NOT_EMPTY'> {
  return new CapabilityError(
    'ERR_CONTAINER_NOT_EMPTY',
    { container },
    `container ${shownName(container)} is not empty`,
  )
}

/** One of the limits of {@link BlobLimits} would be exceeded. */
export function limitExceeded(
  limit: CapabilityErrorDetails['ERR_BLOB_LIMIT']['limit'],
  wanted: number,
  allowed: number,
): CapabilityError<'ERR_BLOB_LIMIT'> {
  return new CapabilityError(
    'ERR_BLOB_LIMIT',
    { limit, wanted, allowed },
    `the blob store would exceed ${limit}: ${wanted} of ${allowed}`,
  )
}

/** A part does not fit its upload. */
export function wrongChunk(
  blob: { readonly container: string; readonly id: string },
  sequenceNo: number,
  reason: string,
): CapabilityError<'ERR_BLOB_CHUNK'> {
  const { container, id } = blob
  return new CapabilityError(
    'ERR_BLOB_CHUNK',
    { container, id, sequenceNo, reason },
    `part ${sequenceNo} of blob ${shownName(id)} in container ${shownName(container)}: ${reason}`,
  )
}
