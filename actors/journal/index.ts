/**
 * Keeps a journal in the stream that the path names: a POST writes its body as an entry and answers
 * with the entry's id, a GET answers with the entries, one a line. What it is given of streams that it
 * subscribes to, it enters into the journal `copies`.
 */
import {
  EventStreams,
  fail,
  handleEvent,
  handleRequest,
  HttpRequest,
  HttpResponse,
  StreamEvent,
} from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

const streams = new EventStreams()

handleRequest((request: HttpRequest): HttpResponse => {
  const stream = request.path.substring(1)
  if (request.methodIs('POST')) return HttpResponse.text(enter(stream, request.text), 201)
  const read = streams.read(stream)
  const problem = read.error
  if (problem !== null) fail(problem)
  const events = read.or([])
  let lines = ''
  for (let i = 0; i < events.length; i++) {
    const entry = events[i].value('entry')
    lines += (entry === null ? '' : entry) + '\n'
  }
  return HttpResponse.text(lines)
})

handleEvent((event: StreamEvent): void => {
  const entry = event.value('entry')
  if (event.stream != 'copies' && entry !== null) enter('copies', event.stream + ': ' + entry)
})

function enter(stream: string, entry: string): string {
  const written = streams.write(stream, new Map<string, string>().set('entry', entry))
  const problem = written.error
  if (problem !== null) fail(problem)
  return written.or('')
}
