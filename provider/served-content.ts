import { packValue } from '../contracts/index.ts'
import type { LinkContent } from '../host/index.ts'
import { type ContentRequest, ProviderError } from './channel/index.ts'

const keysPerPage = 500

/** Answers what a host asks of the content of a link: see {@link ContentRequest}. */
export class ServedContent {
  readonly #content: LinkContent | undefined
  readonly #listings = new Map<string, AsyncIterator<string>>()

  constructor(content: LinkContent | undefined) {
    this.#content = content
  }

  async answer(request: ContentRequest, signal: AbortSignal): Promise<Uint8Array> {
    const content = this.#content
    if (!content) throw new ProviderError('ERR_OPERATION_UNKNOWN', {}, 'the link lists no content')
    switch (request.do) {
      case 'next':
        return packValue(await this.#page(content, request.listing, signal))
      case 'end': {
        const listing = this.#listings.get(request.listing)
        this.#listings.delete(request.listing)
        await listing?.return?.()
        return new Uint8Array(0)
      }
      case 'read':
        return packValue(await content.read(request.key, signal))
      default:
        await content.write(request.key, request.item, signal)
        return new Uint8Array(0)
    }
  }

  async #page(content: LinkContent, name: string, signal: AbortSignal): Promise<string[]> {
    const listing = this.#listings.get(name) ?? content.keys(signal)[Symbol.asyncIterator]()
    this.#listings.set(name, listing)
    const keys: string[] = []
    while (keys.length < keysPerPage) {
      const next = await listing.next()
      if (next.done === true) break
      keys.push(next.value)
    }
    return keys
  }
}
