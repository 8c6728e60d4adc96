/**
 * The headers that the server itself acts on, picked out of a request's raw ones in one pass: most
 * requests are never asked for the others, and node would make an object of all.
 */
export class Framing {
  /** The first `Host`. */
  readonly host: string | undefined
  readonly severalHosts: boolean = false
  readonly contentLength: string | undefined
  /** `Transfer-Encoding`; several joined by a comma. */
  readonly coding: string | undefined
  /** Whether there is an `Expect`. */
  readonly expects: boolean = false
  /** Several joined by a comma. */
  readonly traceparent: string | undefined

  /** @param rawHeaders Name, value, name, value … as node has them. */
  constructor(rawHeaders: readonly string[]) {
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] as string
      // Names by their length: only few are worth comparing.
      switch (name.length) {
        case 4:
          if (name !== 'Host' && name.toLowerCase() !== 'host') break
          if (this.host === undefined) this.host = rawHeaders[index + 1]
          else this.severalHosts = true
          break
        case 6:
          if (name.toLowerCase() === 'expect') this.expects = true
          break
        case 11:
          if (name.toLowerCase() !== 'traceparent') break
          this.traceparent = joined(this.traceparent, rawHeaders[index + 1])
          break
        case 14:
          // Node refuses a second one.
          if (name.toLowerCase() === 'content-length') this.contentLength = rawHeaders[index + 1]
          break
        case 17:
          if (name.toLowerCase() !== 'transfer-encoding') break
          this.coding = joined(this.coding, rawHeaders[index + 1])
          break
        default:
      }
    }
  }

  /** Whether a body follows the headers, even an empty one sent in chunks. */
  get hasBody(): boolean {
    const { contentLength } = this
    return this.coding !== undefined || (contentLength !== undefined && contentLength !== '0')
  }
}

function joined(before: string | undefined, value: string | undefined): string | undefined {
  return before === undefined ? value : `${before}, ${value}`
}
