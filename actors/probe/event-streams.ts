import { EventStreams, fail, handleEvent, Result, StreamEvent, Writer } from '../sdk/assembly'

const streams = new EventStreams('log')

/** Calls the method of the event stream client; false when it has none of that name. */
export function callEventStreams(method: string, response: Writer): bool {
  if (method == 'events.write') {
    const written = streams.write('s', new Map<string, string>().set('a', 'b').set('c', ''))
    const problem = written.error
    if (problem !== null) fail(problem)
    response.string(written.or(''))
  } else if (method == 'events.read') answer(streams.read('s'), response)
  else if (method == 'events.readBetween') answer(streams.readBetween('s', 1, 300, 2), response)
  else return false
  return true
}

/** Writes each event that is delivered to stream `copy`, under its stream and id. */
handleEvent((event: StreamEvent): void => {
  const value = event.value('a')
  const values = new Map<string, string>().set(event.stream + ' ' + event.id, value ? value : '')
  const problem = streams.write('copy', values).error
  if (problem !== null) fail(problem)
})

/** Of each event its id, stream, and value `a`. */
function answer(result: Result<StreamEvent[]>, response: Writer): void {
  const problem = result.error
  if (problem !== null) fail(problem)
  const events = result.or([])
  response.array(events.length * 3)
  for (let i = 0; i < events.length; i++) {
    response.string(events[i].id)
    response.string(events[i].stream)
    const value = events[i].value('a')
    if (value === null) response.nil()
    else response.string(value)
  }
}
