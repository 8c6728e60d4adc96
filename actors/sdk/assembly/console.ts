import { consoleLog } from './abi'
import { encodeUtf8 } from './utf8'

/** Writes one line to the host's own log; it needs no claim, and is for finding mistakes. */
export function log(text: string): void {
  const start = heap.alloc(text.length * 3)
  consoleLog(start, encodeUtf8(text, start) - start)
  heap.free(start)
}
