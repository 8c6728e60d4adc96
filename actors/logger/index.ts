/** Logs the body of each HTTP request (or its path, when it has none) at the level the path names. */
import { fail, handleRequest, HttpRequest, HttpResponse, Logger, Result } from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

const logger = new Logger()

handleRequest((request: HttpRequest): HttpResponse => {
  const problem = write(request).error
  if (problem !== null) fail(problem)
  return new HttpResponse(204)
})

function write(request: HttpRequest): Result<bool> {
  const line = request.bodyLength > 0 ? request.text : request.path
  if (request.pathIs('/error')) return logger.error(line)
  if (request.pathIs('/warn')) return logger.warn(line)
  if (request.pathIs('/debug')) return logger.debug(line)
  if (request.pathIs('/trace')) return logger.trace(line)
  return logger.info(line)
}
