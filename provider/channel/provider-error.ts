import {
  type InvocationResponse,
  invocationResponse,
  packValue,
  unpackValue,
} from '../../contracts/index.ts'

/**
 * A failure with a code, to throw from a provider: callers of the host match on the code, actors get
 * the message. It is the one class that keeps its code and detail on the way out of a provider's own
 * process.
 */
export class ProviderError extends Error {
  override readonly name: string = 'ProviderError'
  /** Stable, such as `ERR_QUOTA`. */
  readonly code: string
  /** Facts for who catches it. */
  readonly detail: unknown

  constructor(code: string, detail: unknown, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.detail = detail
  }
}

const maxMessageLength = 4096
const maxDetailBytes = 16 * 1024
const codePattern = /^[A-Z][A-Z0-9_]{0,63}$/

/** The answer that carries a value: as bytes already, for a contract whose operations are bytes. */
export function successResponse(invocationId: string, msg: Uint8Array): Uint8Array {
  const contentLength = msg.length
  return invocationResponse.encode({ msg, invocationId, error: null, contentLength })
}

/**
 * The answer that says why there is none. Beside the text, which is all that wasmCloud has, its
 * message holds code and detail.
 */
export function failureResponse(invocationId: string, error: unknown): Uint8Array {
  const text = error instanceof Error ? error.message : String(error)
  const { code, detail } = (error ?? {}) as { code?: unknown; detail?: unknown }
  return invocationResponse.encode({
    msg: typeof code === 'string' ? packedCode(code, detail) : new Uint8Array(0),
    invocationId,
    error: text.slice(0, maxMessageLength),
    contentLength: null,
  })
}

/**
 * Reads an answer.
 *
 * @returns its bytes
 * @throws ProviderError for a failure, ContractError `ERR_MESSAGE_INVALID` for what is no answer
 */
export function readResponse(bytes: Uint8Array): Uint8Array {
  const response = invocationResponse.decode(bytes)
  if (response.error === null) return response.msg
  throw errorOf(response, response.error)
}

function packedCode(code: string, detail: unknown): Uint8Array {
  try {
    const packed = packValue({ code, detail })
    if (packed.length <= maxDetailBytes) return packed
  } catch {
    // A detail that cannot travel stays behind; the code is what callers match.
  }
  return packValue({ code })
}

function errorOf({ msg }: InvocationResponse, text: string): ProviderError {
  const { code, detail } = codeOf(msg)
  const known = typeof code === 'string' && codePattern.test(code) ? code : 'ERR_PROVIDER'
  return new ProviderError(known, detail, text.slice(0, maxMessageLength))
}

function codeOf(msg: Uint8Array): { code?: unknown; detail?: unknown } {
  if (msg.length === 0 || msg.length > 2 * maxDetailBytes) return {}
  try {
    return Object(unpackValue(msg)) as { code?: unknown; detail?: unknown }
  } catch {
    // Whoever fails without a code still fails with a text.
    return {}
  }
}
