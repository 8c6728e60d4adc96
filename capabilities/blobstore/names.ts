import { CapabilityError } from '../errors.ts'
import { shownName } from './failures.ts'

/** Bytes of a name in UTF-8, as S3 allows for a key. */
const mostNameBytes = 1024

/**
 * Lets any name through that is not empty and not too long. What is in it does no harm: backends
 * encode it.
 *
 * @throws CapabilityError `ERR_BLOB_NAME`
 */
export function checkName(kind: 'container' | 'blob', name: string): void {
  const bytes = Buffer.byteLength(name)
  if (bytes > 0 && bytes <= mostNameBytes) return
  const reason =
    bytes === 0 ? 'it is empty' : `it has ${bytes} bytes, more than ${mostNameBytes} in UTF-8`
  throw new CapabilityError(
    'ERR_BLOB_NAME',
    { name, reason },
    `${shownName(name)} cannot be the name of a ${kind}: ${reason}`,
  )
}
