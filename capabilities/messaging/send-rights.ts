import { CapabilityError } from '../errors.ts'
import { checkSubject, firstToken, matchesPattern, shownSubject } from './subject.ts'

/** Reply subjects of received messages that stay open for answers, at most. */
const keptReplySubjects = 1000

/**
 * Where the actor of one link may send. Operators say so with patterns; beyond them an actor may
 * always answer, which is to send to the reply subject of a message that it was lately given.
 *
 * What steers a NATS server or a lattice (`$SYS`, `$JS`, `wasmbus` and the like) no wildcard takes in,
 * and no reply subject either: the sender of a message could have the actor do its work there. Only a
 * pattern that spells out the first token opens it.
 */
export class SendRights {
  readonly #patterns: readonly string[]
  /** In the order in which they came. */
  readonly #replySubjects = new Set<string>()

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns
  }

  /**
   * @throws CapabilityError `ERR_MESSAGE_SUBJECT`, `ERR_SUBJECT_DENIED`
   */
  checkSend(subject: string): void {
    checkSubject(subject)
    if (this.#replySubjects.has(subject) || this.#allows(subject)) return
    throw this.#denied(subject)
  }

  /**
   * Checks a subject that answers are to go to: anywhere but where it would make others steer.
   *
   * @throws CapabilityError `ERR_MESSAGE_SUBJECT`, `ERR_SUBJECT_DENIED`
   */
  checkReplyTo(subject: string): void {
    if (subject === '') return
    checkSubject(subject)
    if (isSteering(subject) && !this.#allows(subject)) throw this.#denied(subject)
  }

  /** Opens the reply subject of a message that the actor is given. */
  received(replyTo: string): void {
    if (replyTo === '' || isSteering(replyTo)) return
    this.#replySubjects.delete(replyTo)
    this.#replySubjects.add(replyTo)
    if (this.#replySubjects.size <= keptReplySubjects) return
    const [oldest] = this.#replySubjects
    this.#replySubjects.delete(oldest as string)
  }

  #allows(subject: string): boolean {
    const first = firstToken(subject)
    return this.#patterns.some(
      (pattern) =>
        (!isSteering(subject) || firstToken(pattern) === first) && matchesPattern(pattern, subject),
    )
  }

  #denied(subject: string): CapabilityError<'ERR_SUBJECT_DENIED'> {
    const allowed = this.#patterns.join(', ') || 'nothing but answers'
    const steering = isSteering(subject)
      ? `, and ${firstToken(subject)}. only where PUBLISH spells it out`
      : ''
    return new CapabilityError(
      'ERR_SUBJECT_DENIED',
      { subject, allowed: this.#patterns },
      `the link does not allow sending to ${shownSubject(subject)}: PUBLISH is ${allowed}${steering}`,
    )
  }
}

/** `$SYS`, `$JS`, `$KV` of a server; `wasmbus`, which wasmCloud and waSCC hosts steer each other by. */
function isSteering(subject: string): boolean {
  return subject.startsWith('$') || firstToken(subject) === 'wasmbus'
}
