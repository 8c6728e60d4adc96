export { callActor } from './actors'
export { Blob, Blobstore, Chunk, handleChunk, Upload } from './blobstore'
export { log } from './console'
export { EventStreams, handleEvent, StreamEvent } from './event-streams'
export { randomGuid, randomNumber, sequenceNumber } from './extras'
export { __guest_call, fail, Handler, register } from './guest'
export { begin, send, settle } from './host-call'
export { ClientRequest, HttpClient, ServerResponse } from './http-client'
export {
  beginHttpBody,
  beginHttpResponse,
  handleRequest,
  HttpRequest,
  HttpResponse,
} from './http-server'
export { quoteJson, writeJsonString } from './json'
export { KeyValue } from './keyvalue'
export { Literal } from './literal'
export { Logger } from './logging'
export { handleMessage, Message, Messaging } from './messaging'
export { Binding, Description, provide } from './provider'
export { Reader } from './reader'
export { Result } from './result'
export { Sql, SqlRow, SqlRows, SqlStatement, sqlState } from './sql'
export { Writer } from './writer'
