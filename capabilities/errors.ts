/** What capability providers throw. Callers match `code`; the message reaches actors as error text. */

/** What each provider failure tells its catcher, by code. */
export interface CapabilityErrorDetails {
  /**
   * The key holds another kind of value than the operation works on; `other` is what no actor puts
   * into a store, but other programs may.
   */
  ERR_KEY_TYPE: { key: string; holds: 'text' | 'list' | 'set' | 'other' }
  /** `Add` on text that is no integer. */
  ERR_NOT_AN_INTEGER: { key: string }
  /** The sum does not fit a signed 32-bit integer. The stored number is unchanged. */
  ERR_INTEGER_OVERFLOW: { key: string }
  /**
   * The store is as full as its link allows, or one value is larger than that, or more of a list or of
   * sets was asked for than one answer holds (`ANSWER_ITEMS`, `ANSWER_BYTES`, which no link can raise).
   */
  ERR_STORE_LIMIT: {
    limit: 'MAX_KEYS' | 'MAX_BYTES' | 'MAX_VALUE_BYTES' | 'ANSWER_ITEMS' | 'ANSWER_BYTES'
    wanted: number
    allowed: number
  }
  /** The file of a key-value store cannot be used, as it is or for the moment. */
  ERR_STORE_FILE: {
    file: string
    problem:
      | 'no-folder'
      | 'not-opened'
      | 'no-store'
      | 'newer'
      | 'damaged'
      | 'read-only'
      | 'full'
      | 'locked'
      | 'failed'
  }
  /** A random number was asked of a range that holds none. */
  ERR_RANDOM_RANGE: { min: number; max: number }
  /** What the actor answered cannot be written as an HTTP response. */
  ERR_HTTP_RESPONSE: { reason: string }
  /** What an actor asks of the HTTP client cannot be sent: its URL, method or headers are refused. */
  ERR_HTTP_REQUEST: { reason: string }
  /** The link does not allow requests to that server, or to the address that its name leads to. */
  ERR_HTTP_TARGET_DENIED: { target: string; reason: string }
  /** A server answered with a redirect that is not followed. What it was asked it may have executed. */
  ERR_HTTP_REDIRECT: { server: string; statusCode: number; reason: string }
  /** The answer of a server is too large (`HEADER_BYTES`, which no link can raise). It did answer. */
  ERR_HTTP_RESPONSE_LIMIT: {
    server: string
    limit: 'MAX_RESPONSE_BYTES' | 'HEADER_BYTES'
    allowed: number
  }
  /** What an archive holds is no provider, or not one of the contract that the archive claims. */
  ERR_PROVIDER_CODE: { reason?: string; specifier?: string }
  /** The server behind the provider cannot be reached. Nothing was executed. */
  ERR_SERVER_UNAVAILABLE: { server: string; reason: string }
  /** The server answered that it will not: wrong password, read-only, out of memory. */
  ERR_SERVER_REFUSED: { server: string; reason: string }
  /** The connection broke after the operation was sent: it may or may not have been executed. */
  ERR_OUTCOME_UNKNOWN: { server: string; operation: string; reason: string }
  /** The server did not answer in time. Unless it only reads, the operation may have been executed. */
  ERR_SERVER_TIMEOUT: { server: string; operation: string; timeoutMs: number }
  /** No message can be sent to this subject. */
  ERR_MESSAGE_SUBJECT: { subject: string; reason: string }
  /** The link does not let the actor send to this subject; `allowed` are the patterns that it has. */
  ERR_SUBJECT_DENIED: { subject: string; allowed: readonly string[] }
  /** Nobody listens on the subject of a request. */
  ERR_NO_RESPONDERS: { subject: string }
  /** Somebody listens on the subject of a request, and did not answer in time. */
  ERR_REPLY_TIMEOUT: { subject: string; timeoutMs: number }
  /** A message is larger than its broker takes. Nothing was sent. */
  ERR_MESSAGE_TOO_LARGE: { sizeBytes: number; maxBytes: number }
  /** There is no such container, or no such blob in it. */
  ERR_BLOB_NOT_FOUND: { container: string; id: string | undefined }
  /** The name of a container or blob is empty or too long. */
  ERR_BLOB_NAME: { name: string; reason: string }
  /** A part does not fit the upload that it names, or there is no such upload. */
  ERR_BLOB_CHUNK: { container: string; id: string; sequenceNo: number; reason: string }
  /**
   * The store is as full as its link allows, or one blob, part or list is larger than that, or there
   * are as many transfers under way. `CHUNKS_AHEAD` (bytes) and `ANSWER_ITEMS` no link can raise.
   */
  ERR_BLOB_LIMIT: {
    limit:
      | 'MAX_BYTES'
      | 'MAX_BLOB_BYTES'
      | 'MAX_BLOBS'
      | 'MAX_CONTAINERS'
      | 'MAX_CHUNK_BYTES'
      | 'MAX_UPLOADS'
      | 'MAX_DOWNLOADS'
      | 'CHUNKS_AHEAD'
      | 'ANSWER_ITEMS'
    wanted: number
    allowed: number
  }
  /** A container that still holds something was to be removed. */
  ERR_CONTAINER_NOT_EMPTY: { container: string }
  /** The file system failed, or holds something else where the store has its files. */
  ERR_BLOB_STORE: { operation: string; reason: string }
  /** A statement that is not sent to any database. `statement` is its first word. */
  ERR_SQL_STATEMENT: {
    reason: 'empty' | 'length' | 'character' | 'parameters' | 'transaction' | 'session' | 'database'
    statement: string
  }
  /** What a statement found is more than its link allows. It was rolled back. */
  ERR_SQL_RESULT_LIMIT: { limit: 'MAX_ROWS' | 'MAX_RESULT_BYTES'; allowed: number }
  /** A statement took too long. It was stopped, and rolled back. */
  ERR_SQL_TIMEOUT: { database: string; timeoutMs: number }
  /** A database file cannot be opened. */
  ERR_SQL_FILE: { file: string; reason: string }
  /** An event that no stream takes: without values, or for a stream whose name is none. */
  ERR_EVENT_INVALID: { stream: string; reason: string }
  /**
   * A query finds more events than one answer holds (`ANSWER_BYTES`, 16 MiB of them, no link can
   * raise), or the streams in memory are as full as their link allows (`MAX_BYTES`).
   */
  ERR_STREAM_LIMIT: { limit: 'MAX_ANSWER_EVENTS' | 'ANSWER_BYTES' | 'MAX_BYTES'; allowed: number }
}

/** Every code of the stock providers. */
export type CapabilityErrorCode = keyof CapabilityErrorDetails

/** What the command line and the documentation say of a code. */
export interface ErrorInfo {
  readonly summary: string
  /** What to do about it. */
  readonly hint: string
  /** The exit code of the command line. */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 7
  /** True if the same call may succeed later. */
  readonly retryable?: true
}

/** Every code of the stock providers, with what it means and what to do. */
export const capabilityErrors: Readonly<Record<CapabilityErrorCode, ErrorInfo>> = {
  ERR_KEY_TYPE: {
    summary: 'a key-value operation met a key that holds another kind of value',
    hint: 'use different keys for text, lists and sets, or delete the key first',
    exit: 1,
  },
  ERR_NOT_AN_INTEGER: {
    summary: 'a number was to be added to text that is no integer',
    hint: 'set the key to an integer, or delete it: an absent key counts as 0',
    exit: 1,
  },
  ERR_INTEGER_OVERFLOW: {
    summary: 'a sum does not fit a signed 32-bit integer, the largest that actors know',
    hint: 'start the counter again, or spread it over several keys',
    exit: 1,
  },
  ERR_STORE_LIMIT: {
    summary: 'a key-value store is as full as its link allows',
    hint: 'delete keys, let them expire, or raise the limit that the message names in the link',
    exit: 1,
  },
  ERR_STORE_FILE: {
    summary: 'the file of a key-value store cannot be opened, read or written',
    hint: 'do what the message says: another path, rights, room on the disk, or a copy',
    exit: 5,
  },
  ERR_RANDOM_RANGE: {
    summary: 'a random number was asked of an empty range',
    hint: 'ask for min below max: max itself never comes',
    exit: 1,
  },
  ERR_HTTP_RESPONSE: {
    summary: 'what an actor answered cannot be written as an HTTP response',
    hint: 'answer with a status from 200 to 599, and headers without line breaks',
    exit: 1,
  },
  ERR_HTTP_REQUEST: {
    summary: 'what an actor asks of the HTTP client is no request that could be sent',
    hint: 'give a whole URL without user, a method, and headers without line breaks',
    exit: 1,
  },
  ERR_HTTP_TARGET_DENIED: {
    summary: 'an actor asked for a server that its link to the HTTP client does not allow',
    hint: 'if it is meant to be reached, add it to HOSTS of the link, and its range to ALLOW_PRIVATE',
    exit: 4,
  },
  ERR_HTTP_REDIRECT: {
    summary: 'a server answered with a redirect that is not followed',
    hint: 'ask for the URL it leads to, or set MAX_REDIRECTS of the link: with 0 actors get redirects as answers',
    exit: 1,
  },
  ERR_HTTP_RESPONSE_LIMIT: {
    summary: 'the answer of a server is larger than the link allows',
    hint: 'raise MAX_RESPONSE_BYTES of the link, or ask for less',
    exit: 1,
  },
  ERR_PROVIDER_CODE: {
    summary:
      'what a provider archive holds is no provider, or one of another contract than it claims',
    hint: 'export what defineProvider of wash-ts/provider gives as the default, in one file that imports nothing but node: modules, wash-ts/provider and wash-ts/contracts',
    exit: 4,
  },
  ERR_SERVER_UNAVAILABLE: {
    summary: 'the server behind a provider cannot be reached; nothing was executed',
    hint: 'start the server that the message names, or correct the address in the link',
    exit: 5,
    retryable: true,
  },
  ERR_SERVER_REFUSED: {
    summary: 'the server behind a provider refused an operation or a login',
    hint: 'correct what the message says: user, password or rights, or the state of the server',
    exit: 4,
  },
  ERR_OUTCOME_UNKNOWN: {
    summary: 'a connection broke while an operation was under way: it may have been executed',
    hint: 'read the value again before repeating an operation that must not happen twice',
    exit: 5,
  },
  ERR_SERVER_TIMEOUT: {
    summary:
      'the server behind a provider did not answer in time; it may still execute the operation',
    hint: 'find out why the server is slow, or give the call more time',
    exit: 6,
  },
  ERR_MESSAGE_SUBJECT: {
    summary: 'an actor used a subject that no message can be sent to',
    hint: 'write tokens between single dots, without spaces and wildcards: orders.new',
    exit: 1,
  },
  ERR_SUBJECT_DENIED: {
    summary: 'the link does not let the actor send to this subject',
    hint: 'if it is meant to, name the subject in PUBLISH of the link',
    exit: 4,
  },
  ERR_NO_RESPONDERS: {
    summary: 'nobody listens on the subject of a request',
    hint: 'start what answers it, or correct the subject',
    exit: 5,
    retryable: true,
  },
  ERR_REPLY_TIMEOUT: {
    summary: 'a request was not answered in time; whoever got it may still work on it',
    hint: 'find out why the answer is slow, or give the request more time',
    exit: 6,
  },
  ERR_MESSAGE_TOO_LARGE: {
    summary: 'a message is larger than its broker takes; it was not sent',
    hint: 'send less in one message, or raise max_payload of the broker',
    exit: 1,
  },
  ERR_BLOB_NOT_FOUND: {
    summary: 'there is no such container, or no such blob in it',
    hint: 'create the container first, and ask for blobs by the id that they were uploaded under',
    exit: 1,
  },
  ERR_BLOB_NAME: {
    summary: 'the name of a container or blob is empty or too long',
    hint: 'use names of 1 to 1024 bytes in UTF-8',
    exit: 1,
  },
  ERR_BLOB_CHUNK: {
    summary: 'a part does not fit the upload that it names',
    hint: 'start the upload first, number its parts from 0, and give all but the last the chunk size',
    exit: 1,
  },
  ERR_BLOB_LIMIT: {
    summary: 'a blob store is as full or as busy as its link allows',
    hint: 'remove blobs, wait for transfers, or raise the limit that the message names in the link',
    exit: 1,
  },
  ERR_CONTAINER_NOT_EMPTY: {
    summary: 'a container that still holds something was to be removed',
    hint: 'remove the blobs in it first',
    exit: 1,
  },
  ERR_BLOB_STORE: {
    summary: 'the file system under a blob store failed',
    hint: 'make room on the disk, or give the host the right to write to the folder of the link',
    exit: 1,
  },
  ERR_SQL_STATEMENT: {
    summary: 'a statement of SQL is of a kind that no database is asked to run',
    hint: 'send one whole statement a call, a parameter for each ? or $1, and no transactions',
    exit: 1,
  },
  ERR_SQL_RESULT_LIMIT: {
    summary: 'a statement of SQL found more than its link allows; it was rolled back',
    hint: 'ask for less with LIMIT, or raise the limit that the message names in the link',
    exit: 1,
  },
  ERR_SQL_TIMEOUT: {
    summary: 'a statement of SQL took too long; it was stopped and rolled back',
    hint: 'make the statement cheaper, or raise STATEMENT_TIMEOUT in the link',
    exit: 6,
    retryable: true,
  },
  ERR_SQL_FILE: {
    summary: 'a database file cannot be opened',
    hint: 'correct FILE in the link: it must be a file of SQLite, or one that may be made there',
    exit: 3,
  },
  ERR_EVENT_INVALID: {
    summary: 'an event has no values, or its stream has no proper name',
    hint: 'give the event at least one value, and the stream a name of at most 512 bytes',
    exit: 1,
  },
  ERR_STREAM_LIMIT: {
    summary: 'a query finds more events than one answer holds, or streams in memory are full',
    hint: 'ask for a shorter time or fewer events, set MAXLEN, or raise what the message names',
    exit: 1,
  },
}

/** The one error class of the stock providers. Narrow an {@link AnyCapabilityError} on its `code`. */
export class CapabilityError<C extends CapabilityErrorCode = CapabilityErrorCode> extends Error {
  override readonly name: string = 'CapabilityError'
  readonly code: C
  readonly detail: CapabilityErrorDetails[C]

  constructor(code: C, detail: CapabilityErrorDetails[C], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.detail = detail
  }
}

/** Every provider error, for a `switch` on `code` that narrows `detail`. */
export type AnyCapabilityError = {
  [C in CapabilityErrorCode]: CapabilityError<C>
}[CapabilityErrorCode]
