/** What a broken message tells its catcher, by stable code. */
export interface ContractErrorDetails {
  /**
   * Bytes that are not the message they should be, or a value that does not fit its message.
   *
   * `path` names the field (`header.accept`, `values[3]`), empty for the message itself.
   */
  ERR_MESSAGE_INVALID: {
    readonly contractId?: string
    readonly operation?: string
    readonly path: string
    readonly reason: string
  }
}

/** Stable codes of {@link ContractError}. */
export type ContractErrorCode = keyof ContractErrorDetails

/** The one error class of the contracts. Narrow an {@link AnyContractError} on its `code`. */
export class ContractError<C extends ContractErrorCode = ContractErrorCode> extends Error {
  override readonly name: string = 'ContractError'
  readonly code: C
  readonly detail: ContractErrorDetails[C]

  constructor(code: C, detail: ContractErrorDetails[C], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.detail = detail
  }
}

/** A union to switch on: the code decides what `detail` is. */
export type AnyContractError = { [C in ContractErrorCode]: ContractError<C> }[ContractErrorCode]

/** What an error code means, for docs and the command line. */
export interface ErrorInfo {
  readonly summary: string
  readonly hint: string
  /** Exit code of the command line. */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 7
  readonly retryable?: true
}

/** Every code that the contracts throw. */
export const contractErrors: Record<ContractErrorCode, ErrorInfo> = {
  ERR_MESSAGE_INVALID: {
    summary: 'A message is not what its operation expects',
    hint: 'Check that the actor was built for the contract it claims; `path` names the field.',
    exit: 1,
  },
}

/**
 * What readers and writers throw before anybody knows which operation it was.
 *
 * It never leaves this folder: a codec turns it into a {@link ContractError}.
 */
export class MessageFault extends Error {
  override readonly name: string = 'MessageFault'
  readonly reason: string
  path: string

  constructor(reason: string, path = '') {
    super(reason)
    this.reason = reason
    this.path = path
  }
}

/** Puts a field's name before the path of a fault, on its way up. */
export function within(error: unknown, name: string): unknown {
  if (error instanceof MessageFault) {
    error.path =
      error.path === '' || error.path.startsWith('[') ? name + error.path : `${name}.${error.path}`
  }
  return error
}

/** The public form of a fault; anything else is returned as it came. */
export function asContractError(error: unknown, contractId?: string, operation?: string): unknown {
  if (!(error instanceof MessageFault)) return error
  const where = [contractId, operation].filter((part) => part !== undefined).join(' ')
  const field = error.path === '' ? '' : `${error.path}: `
  return new ContractError(
    'ERR_MESSAGE_INVALID',
    {
      ...(contractId === undefined ? {} : { contractId }),
      ...(operation === undefined ? {} : { operation }),
      path: error.path,
      reason: error.reason,
    },
    `invalid message${where === '' ? '' : ` of ${where}`}: ${field}${error.reason}`,
  )
}
