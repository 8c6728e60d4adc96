import type {
  BlobstoreToActor,
  BlobstoreToProvider,
  FileChunk,
  ReceivedChunk,
  ReceivedResponse,
} from '../../../contracts/index.ts'
import type { LinkContext } from '../../../host/index.ts'
import type { LinkedProvider, LinkFacts } from './linked-provider.ts'

/** An actor that takes parts of blobs, as a provider's test sees it. */
export class BlobActor {
  readonly chunks: ReceivedChunk[] = []
  /** What it does with a part, and says to it. */
  handle: (
    chunk: ReceivedChunk,
    signal: AbortSignal | undefined,
  ) => ReceivedResponse | Promise<ReceivedResponse> = () => ({ cancel: false })
  mostAtOnce = 0
  #atOnce = 0
  readonly #waiting = new Set<() => void>()

  get #invoke(): LinkContext<unknown>['invoke'] {
    const invoke: LinkContext<unknown, BlobstoreToActor>['invoke'] = async (
      _,
      request,
      options,
    ) => {
      const chunk = { ...request, bytes: new Uint8Array(request.bytes) }
      this.chunks.push(chunk)
      this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce)
      this.#check()
      try {
        return await this.handle(chunk, options?.signal)
      } finally {
        this.#atOnce--
        this.#check()
      }
    }
    return invoke
  }

  /** How it is linked: as the actor, and told of what the provider logs. */
  get facts(): Pick<LinkFacts, 'invoke' | 'onLog'> {
    return { invoke: this.#invoke, onLog: () => this.#check() }
  }

  /** Resolves once this many parts have been handled. */
  async handled(count: number): Promise<void> {
    await this.until(() => this.#atOnce === 0 && this.chunks.length >= count)
  }

  /** The blob, once its last part has come. */
  async blob(): Promise<Buffer> {
    await this.until(() => this.#atOnce === 0 && this.chunks.at(-1)?.isLast === true)
    return Buffer.concat(this.chunks.map(({ bytes }) => bytes))
  }

  /** Resolves once `condition` holds, which is looked at before and after each part, and after each line of the log. */
  until(condition: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const check = (): void => {
      if (!condition()) return
      this.#waiting.delete(check)
      resolve()
    }
    this.#waiting.add(check)
    check()
    return promise
  }

  #check(): void {
    // The provider goes on first: what it logs of a part comes before what a test makes of it.
    setImmediate(() => {
      for (const check of this.#waiting) check()
    })
  }
}

/** The parts of an upload, numbered from `first`. */
export function partsOf(
  container: string,
  id: string,
  bytes: Uint8Array,
  chunkSize: number,
  first: 0 | 1 = 0,
): FileChunk[] {
  const parts: FileChunk[] = []
  for (let offset = 0; offset < bytes.length; offset += chunkSize) {
    parts.push({
      ...announcement(container, id, bytes.length, chunkSize),
      sequenceNo: first + offset / chunkSize,
      bytes: bytes.subarray(offset, offset + chunkSize),
    })
  }
  return parts
}

/** What starts an upload. */
export function announcement(
  container: string,
  id: string,
  totalBytes: number,
  chunkSize: number,
): FileChunk {
  return {
    container,
    id,
    totalBytes,
    chunkSize,
    sequenceNo: 0,
    context: '',
    bytes: new Uint8Array(0),
  }
}

/** Uploads a blob as an actor does: one part after the other. */
export async function upload(
  { ask }: Pick<LinkedProvider<BlobstoreToProvider>, 'ask'>,
  container: string,
  id: string,
  bytes: Uint8Array,
  chunkSize = 4,
): Promise<void> {
  await ask('StartUpload', announcement(container, id, bytes.length, chunkSize))
  for (const part of partsOf(container, id, bytes, chunkSize)) await ask('UploadChunk', part)
}
