import { ClientRequest, fail, HttpClient, Result, ServerResponse, Writer } from '../sdk/assembly'

const client = new HttpClient()
const named = new HttpClient('api')

/** Calls the method of the HTTP client; false when it has none of that name. */
export function callHttpClient(method: string, response: Writer): bool {
  if (method == 'http.get') answer(client.get('http://h/?q='), response)
  else if (method == 'http.post') answer(client.post('http://h/', 'é', 'text/plain'), response)
  else if (method == 'http.send') {
    const two = new Uint8Array(2)
    two[0] = 0xff
    answer(
      named.send(new ClientRequest('PUT', 'http://h/').text('x').bytes(two).header('A', 'b')),
      response,
    )
  } else return false
  return true
}

/** Status, whether it is one of success, body, text, and two headers. */
function answer(result: Result<ServerResponse>, response: Writer): void {
  const problem = result.error
  if (problem !== null) {
    fail(problem)
    return
  }
  const answered = result.value
  response.array(6)
  response.uint(answered.statusCode)
  response.bool(answered.ok)
  response.bytes(answered.body)
  response.string(answered.text)
  putText(answered.header('vary'), response)
  putText(answered.header('x'), response)
}

function putText(value: string | null, response: Writer): void {
  if (value === null) response.nil()
  else response.string(value)
}
