import { begin, send, settle } from './host-call'
import { Result } from './result'

/**
 * A client of `wascc:logging`. Each method says whether the line was taken; an actor that only
 * wants to have tried may ignore that.
 */
export class Logger {
  /** @param link which of the actor's links to a log */
  constructor(private readonly link: string = 'default') {}

  error(text: string): Result<bool> {
    return this.write(1, text)
  }

  warn(text: string): Result<bool> {
    return this.write(2, text)
  }

  info(text: string): Result<bool> {
    return this.write(3, text)
  }

  debug(text: string): Result<bool> {
    return this.write(4, text)
  }

  trace(text: string): Result<bool> {
    return this.write(5, text)
  }

  /** @param level 1 for an error, to 5 for a trace */
  write(level: u32, text: string): Result<bool> {
    const request = begin(this.link, 'wascc:logging', 'WriteLog')
    request.map(2)
    request.string('level')
    request.uint(level)
    request.string('body')
    request.string(text)
    send()
    return settle<bool>(true)
  }
}
