/** What each failure of the command line itself tells its catcher, by stable code. */
export interface CliErrorDetails {
  /** A command, flag or value that cannot be used. `suggestion` is the nearest one that can. */
  ERR_USAGE: { argument: string; suggestion?: string }
  ERR_FILE_NOT_FOUND: { path: string }
  ERR_FILE_UNREADABLE: { path: string; reason: string }
  ERR_FILE_EXISTS: { path: string }
  ERR_KEY_NOT_FOUND: { path: string }
  /** A key of the right form but the wrong type. */
  ERR_KEY_WRONG_TYPE: { expected: string; actual: string }
  ERR_PORT_IN_USE: { port: number; address: string; owner?: string }
  /** A file that is no provider, or not one for this host. */
  ERR_PROVIDER_FILE: { path: string; reason: string }
  /** It is not said how the project is built, or where its module is. */
  ERR_PROJECT_UNKNOWN: { folder: string; reason: string }
  ERR_INTERRUPTED: { signal: string }
  /** A failure that has no code of its own: a mistake in wash-ts. */
  ERR_INTERNAL: { name: string }
}

export type CliErrorCode = keyof CliErrorDetails

/** What the command line and the documentation say of a code. */
export interface ErrorInfo {
  readonly summary: string
  /** What to do about it. */
  readonly hint: string
  /** The exit code of the command line; 130 is what shells give an interrupted command. */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 130
  /** True if the same call may succeed later. */
  readonly retryable?: true
}

/** Every code of the command line, with what it means and what to do. */
export const cliErrors: Readonly<Record<CliErrorCode, ErrorInfo>> = {
  ERR_USAGE: {
    summary: 'a command, flag or value that wash-ts does not know or cannot use',
    hint: '`wash-ts help COMMAND` lists what a command takes',
    exit: 2,
  },
  ERR_FILE_NOT_FOUND: {
    summary: 'a file that the command needs does not exist',
    hint: 'check the path; it is relative to where the command runs',
    exit: 3,
  },
  ERR_FILE_UNREADABLE: {
    summary: 'a file cannot be read or written',
    hint: 'check its permissions, and that it is a file and not a folder',
    exit: 1,
  },
  ERR_FILE_EXISTS: {
    summary: 'the command would overwrite something that is there already',
    hint: 'choose another name, or move what is there away',
    exit: 7,
  },
  ERR_KEY_NOT_FOUND: {
    summary: 'a key that the command needs does not exist, and it may not make one',
    hint: 'make one with `wash-ts keys gen`, name another, or leave --disable-keygen out',
    exit: 3,
  },
  ERR_KEY_WRONG_TYPE: {
    summary: 'a key is of another type than this use of it needs',
    hint: 'issuers of actors are account keys (SA…), actors module keys (SM…)',
    exit: 2,
  },
  ERR_PORT_IN_USE: {
    summary: 'another program listens on the port already',
    hint: 'stop that program, or choose another port with --port',
    exit: 7,
  },
  ERR_PROVIDER_FILE: {
    summary: 'no provider can be loaded from a file',
    hint: 'name a registered provider (`wash-ts get providers`), or a file that holds one',
    exit: 1,
  },
  ERR_PROJECT_UNKNOWN: {
    summary: 'nothing says how the project in a folder is built',
    hint: 'run it where package.json is (`wash-ts new actor NAME` makes a project), or say --build and --wasm',
    exit: 2,
  },
  ERR_INTERRUPTED: {
    summary: 'the command was interrupted before it was done',
    hint: 'run it again',
    exit: 130,
  },
  ERR_INTERNAL: {
    summary: 'wash-ts met something that it should have handled',
    hint: 'run it again with --log-level debug and report what it prints',
    exit: 1,
  },
}

/** The one error class of the command line. Narrow an {@link AnyCliError} on its `code`. */
export class CliError<C extends CliErrorCode = CliErrorCode> extends Error {
  override readonly name: string = 'CliError'
  readonly code: C
  readonly detail: CliErrorDetails[C]

  constructor(code: C, detail: CliErrorDetails[C], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.detail = detail
  }
}

/** Every error of the command line, for a `switch` on `code` that narrows `detail`. */
export type AnyCliError = { [C in CliErrorCode]: CliError<C> }[CliErrorCode]
