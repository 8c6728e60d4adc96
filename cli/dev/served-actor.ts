import { contractForId } from '../../contracts/index.ts'
import type { ActorInfo, Host } from '../../host/index.ts'
import { readActor } from '../../signing/index.ts'
import { type LinkedToStock, type ListenRequest, linkToStock } from '../stock-links.ts'

/** The actor of a project on its host: started by the first build, turned over by those that follow. */
export class ServedActor {
  readonly #host: Host
  readonly #listen: ListenRequest
  #id: string | undefined
  /** Where it listened last, so that it stays there whatever becomes of it. */
  #port: number | undefined

  /** @param listen Where it serves HTTP. */
  constructor(host: Host, listen: ListenRequest) {
    this.#host = host
    this.#listen = listen
  }

  /** The actor, once a build of it runs. */
  get info(): ActorInfo | undefined {
    return this.#host.inventory().actors.find(({ id }) => id === this.#id)
  }

  /**
   * Puts a signed module in the place of the one that serves, whatever its revision; connections stay.
   * Links follow its claims. One with another key takes the old one's place.
   *
   * @throws what `startActor`, `updateActor` and `linkToStock` throw; what served before serves on
   */
  async put(signed: Uint8Array): Promise<LinkedToStock> {
    const { subject, contracts } = readActor(signed).claims
    const running = this.info
    if (running?.id === subject) await this.#update(running, signed, contracts)
    else {
      await this.#host.startActor(signed)
      if (running) await this.#host.stopActor(running.id)
      this.#id = subject
    }
    const listen = this.#port === undefined ? this.#listen : { ...this.#listen, port: this.#port }
    const linked = await linkToStock(this.#host, subject, listen)
    this.#port = linked.port === 0 ? portOf(linked.actor) : (linked.port ?? this.#port)
    return linked
  }

  /** An actor is not updated while it has links that the new claims do not allow. */
  async #update(
    running: ActorInfo,
    signed: Uint8Array,
    contracts: readonly string[],
  ): Promise<void> {
    const host = this.#host
    const actor = running.id
    const dropped = host
      .inventory()
      .linkDefinitions.filter((link) => link.actor === actor && !claims(contracts, link.contractId))
    const others = running.links.filter(({ contractId }) => !claims(contracts, contractId))
    for (const link of [...dropped, ...others]) await host.unlink({ ...link, actor })
    try {
      await host.updateActor(signed, { allowAnyRevision: true, allowAnyIssuer: true })
    } catch (error) {
      for (const link of dropped) await host.link(link)
      throw error
    }
  }
}

function claims(contracts: readonly string[], contractId: string): boolean {
  const name = contractForId(contractId)?.name ?? contractId
  return contracts.some((id) => (contractForId(id)?.name ?? id) === name)
}

function portOf({ links }: ActorInfo): number | undefined {
  const url = links.map(({ info }) => info['url']).find((each) => each !== undefined)
  return url === undefined ? undefined : Number(new URL(url).port) || undefined
}
