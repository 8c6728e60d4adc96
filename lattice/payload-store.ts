import type { ObjectStore } from '../nats/index.ts'
import type { LatticeConnection } from './connection.ts'
import { LatticeError } from './errors.ts'

/** What is left of a payload that nobody took: the server drops it after this long. Nanoseconds. */
const keptForNs = 10 * 60 * 1e9

/**
 * Payloads over NATS's limit, in a JetStream object store: the bucket is named as the lattice, the
 * object as the invocation, with `-r` after it for the answer. Whoever reads one deletes it.
 *
 * @see wasmCloud's wasmbus-rpc, which writes and reads the same
 */
export class PayloadStore {
  readonly #connection: LatticeConnection
  readonly #bucket: string
  #opening: Promise<ObjectStore> | undefined

  /** @param bucket The name of the lattice. */
  constructor(connection: LatticeConnection, bucket: string) {
    this.#connection = connection
    this.#bucket = bucket
  }

  /** @throws LatticeError `ERR_LATTICE_UNAVAILABLE`; the signal's reason */
  async put(name: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    await this.#connection.during(async () => {
      try {
        await (await this.#store()).putBlob({ name }, bytes)
      } catch {
        // Somebody removed the bucket: it is made again.
        this.#opening = undefined
        await (await this.#store()).putBlob({ name }, bytes)
      }
    }, signal)
  }

  /**
   * Reads a payload, and deletes it.
   *
   * @param size What it has to be, in bytes.
   * @throws LatticeError `ERR_REMOTE_MESSAGE`, `ERR_LATTICE_UNAVAILABLE`; the signal's reason
   */
  async take(name: string, size: number, signal: AbortSignal): Promise<Uint8Array> {
    return this.#connection.during(async () => {
      const store = await this.#store()
      try {
        const object = await store.get(name)
        if (!object) throw broken(name, 'it is not there')
        if (object.info.size !== size)
          throw broken(name, `it has ${object.info.size} bytes, not ${size}`)
        return await readWhole(object.data, size, name, signal)
      } finally {
        void this.#delete(store, name)
      }
    }, signal)
  }

  /** Deletes what nobody will take. */
  discard(name: string): void {
    const opening = this.#opening
    if (opening) void opening.then((store) => this.#delete(store, name)).catch(() => {})
  }

  async #delete(store: ObjectStore, name: string): Promise<void> {
    // It goes by itself after a while.
    await store.delete(name).catch(() => {})
  }

  #store(): Promise<ObjectStore> {
    const { views } = this.#connection.jetStream
    const description = 'messages between hosts that are larger than NATS takes'
    this.#opening ??= views.os(this.#bucket, { ttl: keptForNs, description })
    const opening = this.#opening
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined
    })
    return opening
  }
}

async function readWhole(
  stream: ReadableStream<Uint8Array>,
  size: number,
  name: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(size)
  let length = 0
  const reader = stream.getReader()
  const stop = (): void => void reader.cancel().catch(() => {})
  signal.addEventListener('abort', stop, { once: true })
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      if (length + value.length > size) throw broken(name, `it has more than ${size} bytes`)
      bytes.set(value, length)
      length += value.length
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
  if (length !== size) throw broken(name, `it has ${length} bytes, not ${size}`)
  return bytes
}

function broken(name: string, reason: string): LatticeError<'ERR_REMOTE_MESSAGE'> {
  const message = `the payload of ${name} cannot be read: ${reason}`
  return new LatticeError('ERR_REMOTE_MESSAGE', { target: name, reason }, message)
}
