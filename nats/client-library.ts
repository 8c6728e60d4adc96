/**
 * What is used of the client library `nats`, whose own declarations do not hold up under
 * exact optional properties.
 */

/** The library. */
export interface NatsLibrary {
  connect(options: NatsOptions): Promise<NatsClient>
  headers(): NatsHeaders
  usernamePasswordAuthenticator(user: string, password: string): Authenticator
  tokenAuthenticator(token: string): Authenticator
  nkeyAuthenticator(seed: Uint8Array): Authenticator
  jwtAuthenticator(jwt: string, seed: Uint8Array): Authenticator
  credsAuthenticator(credentials: Uint8Array | (() => Uint8Array)): Authenticator
}

/** What a client says to the server, given what that asked it to sign. */
export type Authenticator = (nonce?: string) => unknown

/** Times in milliseconds. */
export interface NatsOptions {
  readonly name: string
  readonly servers: readonly string[]
  /** For one attempt to connect. */
  readonly timeout: number
  readonly authenticator: Authenticator
  /** -1 for no end. */
  readonly maxReconnectAttempts: number
  /** False: the client gives up for good when a login is refused twice. */
  readonly ignoreAuthErrorAbort: boolean
  readonly reconnectDelayHandler: () => number
  readonly pingInterval: number
  readonly maxPingOut: number
  readonly noAsyncTraces: boolean
  /** Given: only over TLS. Passed on to node as it is. */
  readonly tls?: object
}

/** A connection that the library makes again when it breaks. */
export interface NatsClient {
  /** What the server said of itself. */
  readonly info?: {
    readonly version: string
    readonly max_payload: number
    readonly headers?: boolean
  }
  publish(
    subject: string,
    body: Uint8Array,
    options: { reply?: string; headers?: NatsHeaders },
  ): void
  /** Rejects with `code` `503` if nobody listens, `TIMEOUT` or `PERMISSIONS_VIOLATION`. */
  request(
    subject: string,
    body: Uint8Array,
    options: { timeout: number; headers?: NatsHeaders },
  ): Promise<NatsMessage>
  subscribe(
    pattern: string,
    options: { queue?: string; callback(error: Error | null, message: NatsMessage): void },
  ): NatsSubscription
  /** Resolves once the server has answered a ping that comes after all that was sent. */
  flush(): Promise<void>
  close(): Promise<void>
  /** Resolves when it is closed for good, with the reason if nobody asked for it. */
  closed(): Promise<Error | undefined>
  isClosed(): boolean
  status(): AsyncIterable<NatsStatus>
  jetstream(options?: { timeout?: number }): JetStream
  /** Rejects where the account has no JetStream. */
  jetstreamManager(options?: { timeout?: number }): Promise<unknown>
}

/** What a server keeps. */
export interface JetStream {
  readonly views: {
    /** Makes it if there is none. Times in nanoseconds. */
    os(bucket: string, options?: { ttl?: number; description?: string }): Promise<ObjectStore>
    /** Makes it if there is none. */
    kv(bucket: string, options?: { history?: number; description?: string }): Promise<KeyValueStore>
  }
}

/** Large pieces, by name. */
export interface ObjectStore {
  putBlob(meta: { name: string }, bytes: Uint8Array): Promise<unknown>
  get(name: string): Promise<StoredObject | null>
  delete(name: string): Promise<unknown>
}

/** Entries by key, of which every change can be followed. */
export interface KeyValueStore {
  put(key: string, value: Uint8Array): Promise<unknown>
  /** First what there is, then what changes. */
  watch(): Promise<KeyValueChanges>
}

/** Changes as they come. */
export interface KeyValueChanges extends AsyncIterable<KeyValueChange> {
  stop(): void
}

/** One of them. */
export interface KeyValueChange {
  readonly key: string
  readonly value: Uint8Array
  readonly operation: 'PUT' | 'DEL' | 'PURGE'
}

/** A piece as it is read. */
export interface StoredObject {
  readonly info: { readonly size: number }
  readonly data: ReadableStream<Uint8Array>
  /** Resolves with why it could not be read whole. */
  readonly error: Promise<Error | null | undefined>
}

/** News of a connection. */
export interface NatsStatus {
  readonly type: 'disconnect' | 'reconnect' | 'error' | (string & {})
  readonly data: unknown
  /** What the server refused, with type `error`. */
  readonly permissionContext?: { readonly operation: string; readonly subject: string }
}

/** A live subscription. */
export interface NatsSubscription {
  isClosed(): boolean
  unsubscribe(): void
  /** Resolves once all that the server sent before it heard of it has been received. */
  drain(): Promise<void>
}

/** A message as it came. */
export interface NatsMessage {
  readonly subject: string
  readonly reply?: string
  /** A view of a larger piece. */
  readonly data: Uint8Array
  readonly headers?: NatsHeaders
}

/** Headers of a message. */
export interface NatsHeaders {
  /** Empty if there is none. */
  get(name: string): string
  set(name: string, value: string): void
}

/** Loads the library, which takes longer than starting a host may. */
export async function loadNats(): Promise<NatsLibrary> {
  // Not a literal, so that the compiler does not read those declarations.
  const specifier: string = 'nats'
  return (await import(specifier)) as NatsLibrary
}
