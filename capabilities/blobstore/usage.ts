import { limitExceeded } from './failures.ts'
import type { BlobLimits } from './limits.ts'

/** What a store holds, as counted when it was opened and kept up since. */
export interface StoreTotals {
  readonly containers: number
  readonly blobs: number
  readonly bytes: number
}

/** Room that an upload under way has claimed. */
export interface Claim {
  bytes: number
  blobs: number
}

/** Counts what a store holds against limits. All links to a store share one. */
export class Usage {
  #containers: number
  #blobs: number
  #bytes: number

  constructor({ containers, blobs, bytes }: StoreTotals) {
    this.#containers = containers
    this.#blobs = blobs
    this.#bytes = bytes
  }

  /** @throws CapabilityError `ERR_BLOB_LIMIT` if there is no room for one more container */
  checkContainer({ maxContainers }: BlobLimits): void {
    const wanted = this.#containers + 1
    if (wanted > maxContainers) throw limitExceeded('MAX_CONTAINERS', wanted, maxContainers)
  }

  containersChanged(by: 1 | -1): void {
    this.#containers += by
  }

  /**
   * Sets room aside for a blob, or for more of it.
   *
   * @throws CapabilityError `ERR_BLOB_LIMIT`; nothing is then set aside
   */
  claim(claim: Claim, bytes: number, blobs: 0 | 1, { maxBlobs, maxBytes }: BlobLimits): void {
    const blobsThen = this.#blobs + blobs
    const bytesThen = this.#bytes + bytes
    if (blobs > 0 && blobsThen > maxBlobs) throw limitExceeded('MAX_BLOBS', blobsThen, maxBlobs)
    if (bytes > 0 && bytesThen > maxBytes) throw limitExceeded('MAX_BYTES', bytesThen, maxBytes)
    this.#blobs = blobsThen
    this.#bytes = bytesThen
    claim.blobs += blobs
    claim.bytes += bytes
  }

  /** Gives room back that was set aside for nothing. */
  release(claim: Claim): void {
    this.#blobs -= claim.blobs
    this.#bytes -= claim.bytes
    claim.blobs = 0
    claim.bytes = 0
  }

  /** A blob of `claim.bytes` is there now, in the place of one of `replacedBytes` if there was one. */
  committed(claim: Claim, replacedBytes: number | undefined): void {
    this.#blobs += (replacedBytes === undefined ? 1 : 0) - claim.blobs
    this.#bytes -= replacedBytes ?? 0
    claim.blobs = 0
    claim.bytes = 0
  }

  removed(bytes: number): void {
    this.#blobs--
    this.#bytes -= bytes
  }
}
