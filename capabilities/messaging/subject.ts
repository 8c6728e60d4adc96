/** Subjects as NATS has them: tokens between dots, of which a pattern may leave some open. */
import { CapabilityError } from '../errors.ts'
import { visibleText } from '../visible-text.ts'

/** Bytes of a subject in UTF-8. Two of them fit the 4096 that a NATS server takes in one line. */
const maxSubjectBytes = 1024

/** What neither a subject nor a queue group may hold: white space, controls, halves of characters. */
const unfit = /[\s\p{Cc}\p{Cs}]/u

/**
 * What is wrong with a subject.
 *
 * @param wildcards Whether `*` may stand for a token, and `>` for the last ones.
 */
export function subjectProblem(subject: string, wildcards: boolean): string | undefined {
  if (subject === '') return 'it is empty'
  if (Buffer.byteLength(subject) > maxSubjectBytes) return `it has over ${maxSubjectBytes} bytes`
  if (unfit.test(subject)) return 'it holds white space or a control character'
  const tokens = subject.split('.')
  for (const [index, token] of tokens.entries()) {
    if (token === '') return 'a token between its dots is empty'
    if (!/[*>]/.test(token)) continue
    if (!wildcards) return 'it holds a wildcard, * or >'
    if (token.length > 1) return '* and > must be tokens of their own'
    if (token === '>' && index < tokens.length - 1) return '> may only be the last token'
  }
  return undefined
}

/** @throws CapabilityError `ERR_MESSAGE_SUBJECT` for what no message can be sent to */
export function checkSubject(subject: string): void {
  const reason = subjectProblem(subject, false)
  if (reason === undefined) return
  throw new CapabilityError(
    'ERR_MESSAGE_SUBJECT',
    { subject, reason },
    `${shownSubject(subject)} is not a subject: ${reason}`,
  )
}

/** A subject for messages and logs. */
export function shownSubject(subject: string): string {
  return `"${visibleText(subject, 128)}"`
}

/**
 * Patterns of a link value, separated by commas.
 *
 * @throws Error saying which one is wrong, and why
 */
export function parsePatterns(text: string): readonly string[] {
  const patterns = text.split(',').map((pattern) => pattern.trim())
  for (const [index, pattern] of patterns.entries()) {
    const problem = subjectProblem(pattern, true)
    if (problem !== undefined)
      throw new Error(`${shownSubject(pattern)} is not a subject: ${problem}`)
    if (patterns.indexOf(pattern) < index)
      throw new Error(`${shownSubject(pattern)} is given twice`)
  }
  return patterns
}

/**
 * The name of a queue group.
 *
 * @throws Error saying what is wrong with it
 */
export function parseQueueGroup(text: string): string {
  if (text !== '' && text.length <= 256 && !unfit.test(text)) return text
  throw new Error(`${shownSubject(text)} is not a queue group: 1 to 256 characters without space`)
}

/** Whether a pattern takes in a subject. Both are well formed. */
export function matchesPattern(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.')
  const given = subject.split('.')
  for (const [index, token] of wanted.entries()) {
    if (token === '>') return given.length > index
    if (index >= given.length || (token !== '*' && token !== given[index])) return false
  }
  return wanted.length === given.length
}

/** The first token of a subject or pattern. */
export function firstToken(subject: string): string {
  const end = subject.indexOf('.')
  return end === -1 ? subject : subject.slice(0, end)
}
