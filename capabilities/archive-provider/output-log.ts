import type { Readable } from 'node:stream'
import { LineLimit } from '../line-limit.ts'
import { visibleText } from '../visible-text.ts'

/** Bytes of the longest line; what is longer is cut. */
export const maxLineBytes = 8192
const rate = { linesPerSecond: 100, burstLines: 1000 }
/** Bytes that are read in a second; a process that writes more waits until it is read on. */
const bytesPerSecond = 1024 * 1024
const periodMs = 1000

/**
 * Takes what a process writes, line by line: controls made visible, lines and their number bounded. A
 * flood is read slowly, so that it holds up the process that writes it and nobody else.
 *
 * @param write Takes a line, and what was left out since the last one.
 */
export function logLines(
  stream: Readable,
  write: (line: string, suppressed: number) => void,
): void {
  const limit = new LineLimit(rate, () => performance.now())
  let rest = ''
  let overlong = false
  let periodEndsAt = 0
  let periodBytes = 0
  const say = (line: string): void => {
    if (line.trim() !== '' && limit.admit())
      write(visibleText(line, maxLineBytes), limit.takeSuppressed())
  }
  const sayLast = (): void => {
    if (!overlong) say(rest)
    const suppressed = limit.takeSuppressed()
    if (suppressed > 0) write('', suppressed)
    rest = ''
  }
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (!overlong) say(line.endsWith('\r') ? line.slice(0, -1) : line)
      overlong = false
    }
    if (rest.length > maxLineBytes) {
      if (!overlong) say(rest)
      overlong = true
      rest = ''
    }
    const now = performance.now()
    if (now > periodEndsAt) {
      periodEndsAt = now + periodMs
      periodBytes = 0
    }
    periodBytes += text.length
    if (periodBytes > bytesPerSecond) {
      stream.pause()
      setTimeout(() => stream.resume(), periodEndsAt - now).unref()
    }
  })
  stream.on('end', sayLast)
  stream.on('error', () => {}) // shows in the end of the process
}
