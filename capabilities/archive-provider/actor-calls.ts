import {
  type Invocation,
  invocation,
  packValue,
  unpackValue,
  type WasmbusFrame,
} from '../../contracts/index.ts'
import type { InvokeOptions, LinkContext, ProviderCall } from '../../host/index.ts'
import {
  failureResponse,
  headers,
  ProviderError,
  successResponse,
  timeoutOf,
} from '../../provider/channel/index.ts'
import type { ProviderRun } from './provider-run.ts'

/** A link that a provider's process serves. */
export interface RemoteLink {
  readonly id: string
  readonly context: LinkContext<Readonly<Record<string, string>>>
}

/** Calls of actors that one provider may have under way. */
const maxCalls = 1024

/**
 * Has a provider's process call actors: those that it is linked to, and of them only operations of
 * its contract.
 */
export class ActorCalls {
  readonly #providerKey: string
  readonly #isRaw: boolean
  readonly #links: ReadonlyMap<string, RemoteLink>
  readonly #underWay = new Map<string, AbortController>()
  /** Calls of the provider that are under way, by the id of their invocation. */
  readonly #within = new Map<string, ProviderCall>()

  constructor(providerKey: string, isRaw: boolean, links: ReadonlyMap<string, RemoteLink>) {
    this.#providerKey = providerKey
    this.#isRaw = isRaw
    this.#links = links
  }

  /** While it is under way, the provider may call actors for this call of its own. */
  during(id: string, call: ProviderCall): Disposable {
    this.#within.set(id, call)
    return { [Symbol.dispose]: () => void this.#within.delete(id) }
  }

  /** Nobody waits for the answer to the call any more. */
  cancel(id: string): void {
    this.#underWay.get(id)?.abort(new Error('the provider waits no more'))
  }

  /** Ends every call: the process that waits for their answers is gone. */
  cancelAll(): void {
    for (const id of this.#underWay.keys()) this.cancel(id)
  }

  /** @throws ContractError `ERR_MESSAGE_INVALID` for what is no invocation; anything else is answered */
  handle(run: ProviderRun, frame: WasmbusFrame, actorKey: string): void {
    const asked = invocation.decode(frame.payload)
    const refusal = this.#refusal(asked, frame, actorKey)
    if (refusal) return run.reply(frame, failureResponse(asked.id, refusal))
    void this.#answer(run, frame, asked)
  }

  #refusal(
    { id, origin, target }: Invocation,
    frame: WasmbusFrame,
    actorKey: string,
  ): ProviderError | undefined {
    const link = this.#links.get(frame.headers[headers.link] ?? '')
    if (link?.context.actor.id !== actorKey || target.publicKey !== actorKey)
      return refused('ERR_NOT_LINKED', 'the provider is not linked to this actor')
    if (origin.publicKey !== this.#providerKey)
      return refused('ERR_NOT_LINKED', 'the provider does not call in its own name')
    if (this.#underWay.has(id)) return refused('ERR_DUPLICATE', 'a call of this id is under way')
    if (this.#underWay.size >= maxCalls)
      return refused('ERR_SERVER_REFUSED', `the provider has ${maxCalls} calls under way already`)
    return undefined
  }

  async #answer(run: ProviderRun, frame: WasmbusFrame, asked: Invocation): Promise<void> {
    const { id, operation, msg, traceContext } = asked
    const abort = new AbortController()
    this.#underWay.set(id, abort)
    let response: Uint8Array
    try {
      const context = this.#links.get(frame.headers[headers.link] ?? '')?.context
      const invoke = context?.invoke as
        | ((operation: string, request: unknown, options: InvokeOptions) => Promise<unknown>)
        | undefined
      const timeoutMs = timeoutOf(frame.headers)
      const traceparent = traceContext?.['traceparent']
      const within = this.#within.get(frame.headers[headers.within] ?? '')
      const answer = await invoke?.(operation, this.#isRaw ? msg : unpackValue(msg), {
        signal: abort.signal,
        ...(Number.isFinite(timeoutMs) && { timeoutMs }),
        ...(traceparent !== undefined && { traceparent }),
        ...(within && { within }),
      })
      response = successResponse(id, this.#isRaw ? (answer as Uint8Array) : packValue(answer))
    } catch (error) {
      response = failureResponse(id, error)
    } finally {
      this.#underWay.delete(id)
    }
    try {
      run.reply(frame, response)
    } catch (error) {
      // Longer than a frame may be.
      run.reply(frame, failureResponse(id, error))
    }
  }
}

function refused(code: string, message: string): ProviderError {
  return new ProviderError(code, {}, message)
}
