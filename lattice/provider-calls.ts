import type { ProviderCall } from '../host/index.ts'
import type { IncomingCall } from './invocation-server.ts'

/** A call from another host, as providers and invokers are told of one. */
export function providerCall(operation: string, call: IncomingCall): ProviderCall {
  const { deadlineAt, signal, depth, traceparent } = call
  return { operation, deadlineAt, signal, depth, traceparent, within: undefined }
}
