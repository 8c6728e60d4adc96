import { sameBytes } from './bytes'
import { encodeUtf8 } from './utf8'

/**
 * A text that is turned into MessagePack once, to be written or compared often. Make it at the top
 * level of a file, of less than 32 bytes: it is never freed.
 */
@unmanaged
export class Literal {
  /** Where its UTF-8 is; the byte before says in MessagePack how long it is. */
  readonly start: usize
  readonly length: i32

  constructor(text: string) {
    const head = heap.alloc(1 + text.length * 3)
    this.start = head + 1
    this.length = <i32>(encodeUtf8(text, this.start) - this.start)
    assert(this.length < 32, 'a literal has less than 32 bytes')
    store<u8>(head, 0xa0 | this.length)
  }

  equals(start: usize, length: i32): bool {
    return length == this.length && sameBytes(start, this.start, length)
  }
}
