/** Requests of one link: from what an actor asks to the answer it gets, redirects included. */
import type { HttpClientRequest, HttpResponse } from '../../contracts/index.ts'
import type { ProviderCall } from '../../host/index.ts'
import { CapabilityError } from '../errors.ts'
import type { HttpClientConfig } from './config.ts'
import type { ConnectionPool } from './connection-pool.ts'
import {
  brokenExchange,
  exchange,
  type ExchangeOptions,
  isSafe,
  type Outgoing,
} from './exchange.ts'
import { badRedirect, redirectOf } from './redirect.ts'
import { outgoingHeaders, outgoingMethod } from './request-headers.ts'
import { checkTarget, readUrl } from './target.ts'

/** Performs requests, each of them once. */
export class Requester {
  readonly #config: HttpClientConfig
  readonly #pool: ConnectionPool

  constructor(config: HttpClientConfig, pool: ConnectionPool) {
    this.#config = config
    this.#pool = pool
  }

  /**
   * @throws CapabilityError `ERR_HTTP_REQUEST`, `ERR_HTTP_TARGET_DENIED`, `ERR_HTTP_REDIRECT`,
   * `ERR_HTTP_RESPONSE_LIMIT`, `ERR_SERVER_UNAVAILABLE`, `ERR_OUTCOME_UNKNOWN`, `ERR_SERVER_TIMEOUT`
   */
  async perform(request: HttpClientRequest, call: ProviderCall): Promise<HttpResponse> {
    const outgoing: Outgoing = {
      method: outgoingMethod(request.method),
      url: readUrl(request.url),
      headers: outgoingHeaders(request.headers, call.traceparent),
      body: request.body,
    }
    checkTarget(this.#config.hosts, outgoing.url)
    const left = call.deadlineAt - performance.now()
    const timeoutMs = Math.max(0, Math.min(this.#config.timeoutMs, left))
    const ended = new AbortController()
    let isSent = false
    const abort = (): void => ended.abort(call.signal.reason)
    const timer = setTimeout(
      () => ended.abort(timedOut(outgoing, Math.round(timeoutMs), isSent)),
      timeoutMs,
    )
    call.signal.addEventListener('abort', abort)
    try {
      call.signal.throwIfAborted()
      return await this.#follow(outgoing, {
        maxResponseBytes: this.#config.maxResponseBytes,
        signal: ended.signal,
        onSent: () => {
          isSent = true
        },
      })
    } finally {
      clearTimeout(timer)
      call.signal.removeEventListener('abort', abort)
    }
  }

  async #follow(first: Outgoing, options: ExchangeOptions): Promise<HttpResponse> {
    const { hosts, maxRedirects } = this.#config
    let outgoing = first
    for (let followed = 0; ; followed++) {
      const answer = await this.#ask(outgoing, options, first.method, followed)
      const next = maxRedirects === 0 ? undefined : redirectOf(outgoing, answer)
      if (next === undefined) return answer
      if (followed === maxRedirects) {
        throw badRedirect(outgoing, answer, `MAX_REDIRECTS of the link is ${maxRedirects}`)
      }
      checkTarget(hosts, next.url, outgoing.url.origin)
      outgoing = next
    }
  }

  async #ask(
    outgoing: Outgoing,
    options: ExchangeOptions,
    firstMethod: string,
    followed: number,
  ): Promise<HttpResponse> {
    const connection = await this.#pool.acquire(outgoing.url.origin, options.signal)
    try {
      const answer = await exchange(connection, outgoing, options)
      this.#pool.release(connection)
      return answer
    } catch (error) {
      this.#pool.discard(connection, error instanceof Error ? error : new Error(String(error)))
      const isUnreached =
        error instanceof CapabilityError && error.code === 'ERR_SERVER_UNAVAILABLE'
      if (!isUnreached || followed === 0 || isSafe(firstMethod)) throw error
      // Nothing happened at this server; the one that sent us here may have done what it was asked.
      const { server, reason } = error.detail as { server: string; reason: string }
      throw brokenExchange(server, firstMethod, `after a redirect, ${reason}`, false, error)
    }
  }
}

/** Where nothing was sent, nothing can have been executed. */
function timedOut({ method, url }: Outgoing, timeoutMs: number, isSent: boolean): CapabilityError {
  const server = url.origin
  const within = `within ${timeoutMs} ms`
  return isSent
    ? new CapabilityError(
        'ERR_SERVER_TIMEOUT',
        { server, operation: method, timeoutMs },
        `${server} did not answer ${method} ${within}`,
      )
    : new CapabilityError(
        'ERR_SERVER_UNAVAILABLE',
        { server, reason: `no connection ${within}` },
        `${server} cannot be reached: no connection ${within}`,
      )
}
