import { register } from './guest'
import { begin, send, settle } from './host-call'
import { Literal } from './literal'
import { Reader } from './reader'
import { Result } from './result'
import { decodeUtf8 } from './utf8'
import { Writer } from './writer'

/** A client of `wascc:messaging`. */
export class Messaging {
  /** @param link which of the actor's links to a broker */
  constructor(private readonly link: string = 'default') {}

  /** @param replyTo where the receiver may answer, or an empty text */
  publish(subject: string, body: Uint8Array, replyTo: string = ''): Result<bool> {
    const request = begin(this.link, 'wascc:messaging', 'Publish')
    request.map(3)
    request.string('subject')
    request.string(subject)
    request.string('replyTo')
    request.string(replyTo)
    request.string('body')
    request.bytes(body)
    send()
    return settle<bool>(true)
  }

  /** Publishes, and waits for the first reply, which is bytes of any kind. */
  request(subject: string, body: Uint8Array, timeoutMs: i64): Result<Uint8Array> {
    const request = begin(this.link, 'wascc:messaging', 'Request')
    request.map(3)
    request.string('subject')
    request.string(subject)
    request.string('body')
    request.bytes(body)
    request.string('timeout')
    request.int(timeoutMs)
    return settle<Uint8Array>(send().rest())
  }
}

/**
 * A message that was delivered, read where it lies.
 *
 * There is one, used again for each call: keep what you take from it, not the message.
 */
@unmanaged
export class Message {
  // Not at the top level, where every actor would make them.
  private readonly subjectKey: Literal = new Literal('subject')
  private readonly replyToKey: Literal = new Literal('replyTo')
  private readonly bodyKey: Literal = new Literal('body')

  private subjectStart: usize = 0
  private subjectLength: i32 = 0
  private replyToStart: usize = 0
  private replyToLength: i32 = 0

  /** Where the body is in memory. */
  bodyStart: usize = 0
  /** How many bytes it has. */
  bodyLength: i32 = 0

  get subject(): string {
    return decodeUtf8(this.subjectStart, this.subjectLength)
  }

  /** Where an answer should be published; empty when none is wanted. */
  get replyTo(): string {
    return decodeUtf8(this.replyToStart, this.replyToLength)
  }

  /** A copy of the body. */
  get body(): Uint8Array {
    const copy = new Uint8Array(this.bodyLength)
    memory.copy(copy.dataStart, this.bodyStart, this.bodyLength)
    return copy
  }

  /** The body as text; where it is not UTF-8, U+FFFD alone. */
  get text(): string {
    return decodeUtf8(this.bodyStart, this.bodyLength)
  }

  /** Reads a message of `wascc:messaging`, and notes where its parts are. */
  read(from: Reader): void {
    this.subjectStart = 0
    this.replyToLength = 0
    this.bodyLength = 0
    const size = from.map()
    for (let i = 0; i < size && !from.failed; i++) {
      from.text()
      if (from.contentIs(this.subjectKey)) {
        from.text()
        this.subjectStart = from.contentStart
        this.subjectLength = from.contentLength
      } else if (from.contentIs(this.replyToKey)) {
        if (from.skipNil()) continue
        from.text()
        this.replyToStart = from.contentStart
        this.replyToLength = from.contentLength
      } else if (from.contentIs(this.bodyKey)) {
        if (from.skipNil()) continue
        from.binary()
        this.bodyStart = from.contentStart
        this.bodyLength = from.contentLength
      } else from.skip()
    }
    if (!this.subjectStart) from.fail('no field "subject"')
  }
}

let received: Message | null = null
let handler: ((message: Message) => void) | null = null

/** Has `fn` take the messages of subscriptions. Call it once, at the top level of the entry file. */
export function handleMessage(fn: (message: Message) => void): void {
  received = new Message()
  handler = fn
  register('DeliverMessage', take)
}

function take(request: Reader, response: Writer): void {
  const message = received
  const taking = handler
  if (message === null || taking === null) return
  message.read(request)
  if (request.failed) return
  taking(message)
  response.nil()
}
