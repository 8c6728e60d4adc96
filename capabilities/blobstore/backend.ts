/** Where blobs are kept, apart from limits, transfers and names of actors' making. */

/**
 * A store of blobs, private to the links that share it. Names are checked before they come here; how a
 * backend writes them down is its own business.
 *
 * Whatever fails throws CapabilityError. Missing containers and blobs are `ERR_BLOB_NOT_FOUND`, but
 * for what removes and asks.
 */
export interface BlobBackend {
  /** @returns whether there was none */
  createContainer(container: string, signal: AbortSignal): Promise<boolean>
  hasContainer(container: string, signal: AbortSignal): Promise<boolean>
  /** The names of containers, in any order. */
  containers(signal: AbortSignal): AsyncIterable<string>
  /**
   * Removes a container that holds nothing.
   *
   * @returns whether there was one
   * @throws CapabilityError `ERR_CONTAINER_NOT_EMPTY`
   */
  removeContainer(container: string, signal: AbortSignal): Promise<boolean>
  /** The size of a blob in bytes; `undefined` if there is none. */
  byteSize(container: string, id: string, signal: AbortSignal): Promise<number | undefined>
  /** The blobs of a container, in an order that stays the same from one listing to the next. */
  blobs(container: string, from: ListFrom, signal: AbortSignal): AsyncIterable<StoredBlob>
  /** @returns the bytes that it had; `undefined` if there was none */
  removeBlob(container: string, id: string, signal: AbortSignal): Promise<number | undefined>
  /**
   * Starts a blob, which nobody sees before it is complete.
   *
   * @param expectedBytes What it is going to have, where that is known.
   */
  write(
    container: string,
    id: string,
    expectedBytes: number | undefined,
    signal: AbortSignal,
  ): Promise<BlobWriter>
  /** Opens a blob, which stays readable as it is until it is closed. */
  read(container: string, id: string, signal: AbortSignal): Promise<BlobReader>
}

/** Where a listing starts. */
export interface ListFrom {
  /** Only ids that start with this. */
  readonly startWith: string
  /** Only what comes after this id in the order of the store; empty for all. */
  readonly after: string
}

/** A blob as a listing has it. */
export interface StoredBlob {
  readonly id: string
  readonly byteSize: number
}

/** A blob being written. Ends with one of `commit` and `abort`; calls do not overlap. */
export interface BlobWriter {
  /** Takes bytes that go behind those before. They may be reused once the promise is kept. */
  append(bytes: Uint8Array, signal: AbortSignal): Promise<void>
  /**
   * Makes the blob visible, in the place of one that was there, and durable.
   *
   * @returns the bytes of the blob that was there, if there was one
   */
  commit(signal: AbortSignal): Promise<number | undefined>
  /** Leaves nothing behind. Never throws. */
  abort(): Promise<void>
}

/** A blob being read. */
export interface BlobReader extends AsyncDisposable {
  readonly byteSize: number
  /**
   * Bytes from `offset`: `length` of them, which are there.
   *
   * @throws CapabilityError `ERR_BLOB_STORE` if they are not any more
   */
  read(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array>
}
