// The echo actor in workerd: its HTTP request as MessagePack into a waPC guest, and back.
import msgpack from 'msgpack'
import module from 'actor.wasm'

const { Encoder, Decoder } = msgpack
const encoder = new Encoder()
const decoder = new Decoder()
const operation = new TextEncoder().encode('HandleRequest')
const noBody = new Uint8Array(0)
let request
let response
let error

const at = (pointer, length) => new Uint8Array(memory.buffer, pointer, length)
const { exports } = new WebAssembly.Instance(module, {
  wapc: {
    __guest_request(operationPointer, payloadPointer) {
      at(operationPointer, operation.length).set(operation)
      at(payloadPointer, request.length).set(request)
    },
    __guest_response(pointer, length) {
      response = at(pointer, length).slice()
    },
    __guest_error(pointer, length) {
      error = new TextDecoder().decode(at(pointer, length))
    },
    __host_call: () => 0,
    __host_response_len: () => 0,
    __host_response() {},
    __host_error_len: () => 0,
    __host_error() {},
    __console_log() {},
  },
})
const { memory } = exports
exports._start()

export default {
  fetch({ method, url, headers }) {
    const { pathname, search } = new URL(url)
    const header = Object.fromEntries(headers)
    request = encoder.encode({
      method,
      path: pathname,
      queryString: search.slice(1),
      header,
      body: noBody,
    })
    response = undefined
    if (exports.__guest_call(operation.length, request.length) !== 1 || !response) {
      return new Response(error, { status: 500 })
    }
    const answer = decoder.decode(response)
    return new Response(answer.body, { status: answer.statusCode, headers: answer.header })
  },
}
