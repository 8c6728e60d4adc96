/** Deeper than any answer of S3. */
const mostDepth = 16

/**
 * Whether tags of a document open and close as they should, and not too deep. The client's own reader
 * takes quadratic time over those that do not.
 */
export function isSoundXml(text: string): boolean {
  const open: string[] = []
  for (const [, mark = '', closing, name = '', single] of text.matchAll(tags)) {
    if (mark !== '') continue
    if (name === '') return false
    if (closing === '/') {
      if (open.pop() !== name) return false
    } else if (single !== '/') {
      if (open.push(name) > mostDepth) return false
    }
  }
  return open.length === 0
}

/** Declarations, then tags, then any other `<`. */
const tags = /<([?!][^<>]*>)|<(\/?)([A-Za-z_][\w.-]*)[^<>]*?(\/?)>|</g
