import type { Contract } from '../contracts/index.ts'
import type { ActorClaims } from '../signing/index.ts'
import { HostError } from './errors.ts'
import { eventReason } from './events.ts'
import type { Serving } from './link.ts'
import type { InvokeOptions, ProviderCall } from './provider.ts'

/** A link to a provider of this host for an actor that runs on another. */
export interface ForeignLinkRequest {
  /** The provider's name here. */
  readonly provider: string
  readonly contractId: string
  readonly linkName: string
  readonly values: Readonly<Record<string, string>>
  /** The actor's claims, verified. */
  readonly claims: ActorClaims
  /** Calls an operation of the contract on the actor, where it runs. */
  invoke(operation: string, request: unknown, options?: InvokeOptions): Promise<unknown>
}

/** It made live. Disposal drains, then closes. */
export class ForeignLink implements AsyncDisposable {
  readonly contract: Contract
  readonly #serving: Serving

  constructor(contract: Contract, serving: Serving) {
    this.contract = contract
    this.#serving = serving
  }

  /**
   * Calls an operation by its canonical name.
   *
   * @throws HostError `ERR_OPERATION_UNKNOWN`, `ERR_PROVIDER_FAILED`
   */
  async call(operation: string, request: unknown, call: ProviderCall): Promise<unknown> {
    const run = this.#serving.operations[operation]
    const { name } = this.#serving.provider
    if (!run) {
      const contractId = this.contract.ids[0] ?? this.contract.name
      const known = Object.keys(this.#serving.operations)
      const message = `${name} has no operation ${JSON.stringify(operation)}`
      throw new HostError('ERR_OPERATION_UNKNOWN', { contractId, operation, known }, message)
    }
    const calls = this.#serving.begin(call.deadlineAt)
    try {
      return await run(request as never, call)
    } catch (cause) {
      if (cause instanceof HostError) throw cause
      const { message } = eventReason(cause)
      throw new HostError(
        'ERR_PROVIDER_FAILED',
        { provider: name, operation, reason: message },
        `${name} could not ${operation}: ${message}`,
        { cause },
      )
    } finally {
      calls.end()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#serving.closeIntake()
    await this.#serving[Symbol.asyncDispose]()
  }
}
