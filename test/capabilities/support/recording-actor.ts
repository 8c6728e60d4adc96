import type { LinkContext } from '../../../host/index.ts'

/** An actor that keeps what a provider hands to it. */
export class RecordingActor<Request, Response> {
  readonly requests: Request[] = []
  /** What it does with a request, once it is let. */
  handle: (request: Request) => Promise<Response>
  underWay = 0
  mostUnderWay = 0
  #held: PromiseWithResolvers<void> | undefined
  readonly #waiting = new Set<() => void>()

  /** @param isHeld Keeps every request until {@link release}. */
  constructor(handle: (request: Request) => Promise<Response>, isHeld: boolean) {
    this.handle = handle
    if (isHeld) this.#held = Promise.withResolvers<void>()
  }

  /** For `LinkContext`. */
  get invoke(): LinkContext<unknown>['invoke'] {
    return async (_operation, request: Request) => {
      this.requests.push(request)
      this.underWay++
      this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay)
      for (const check of this.#waiting) check()
      try {
        await this.#held?.promise
        return await this.handle(request)
      } finally {
        this.underWay--
      }
    }
  }

  /** Lets what is held go on, and what comes after it. */
  release(): void {
    this.#held?.resolve()
    this.#held = undefined
  }

  /** Resolves once so many requests have come. */
  async received(count: number): Promise<readonly Request[]> {
    await anyReceives([this], () => this.requests.length >= count)
    return this.requests
  }

  /** Resolves once a request has come that `matches`. */
  async receives(matches: (request: Request) => boolean): Promise<void> {
    await anyReceives([this], () => this.requests.some(matches))
  }

  /** @internal */
  watch(check: () => void): () => void {
    this.#waiting.add(check)
    return () => this.#waiting.delete(check)
  }
}

/** Resolves once `isDone`, which is asked whenever one of the actors gets something. */
export async function anyReceives(
  actors: readonly Pick<RecordingActor<unknown, unknown>, 'watch'>[],
  isDone: () => boolean,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const ends: (() => void)[] = []
    const check = (): void => {
      if (!isDone()) return
      for (const end of ends) end()
      resolve()
    }
    for (const actor of actors) ends.push(actor.watch(check))
    check()
  })
}
