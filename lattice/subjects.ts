/**
 * Every NATS subject of a lattice is made here, from tokens that were checked, so that no name can add
 * a token, a wildcard or a line to one. The subjects are those of wasmCloud's OTP host.
 */
import { parsePublicKey } from '../signing/index.ts'
import { LatticeError } from './errors.ts'

/** Verbs of the control interface that every host of a lattice hears. */
export type LatticeVerb =
  | 'ping.hosts'
  | 'get.claims'
  | 'get.links'
  | 'linkdefs.put'
  | 'linkdefs.del'
  | 'registries.put'
  | 'auction.actor'
  | 'auction.provider'

/** Verbs of the control interface that are for one host. */
export type HostVerb = 'inv' | 'la' | 'sa' | 'scale' | 'upd' | 'lp' | 'sp' | 'stop'

/** What a provider hears besides invocations. */
export type ProviderVerb = 'linkdefs.put' | 'linkdefs.del' | 'health' | 'shutdown'

const token = /^[\w-]{1,128}$/

/** The subjects of one lattice. */
export class Subjects {
  readonly lattice: string
  readonly #rpc: string
  readonly #control: string

  /**
   * @param lattice 1 to 128 letters, digits, `_` and `-`.
   * @param controlPrefix Tokens joined by dots. Default `wasmbus.ctl`.
   * @throws LatticeError `ERR_LATTICE_NAME`
   */
  constructor(lattice: string, controlPrefix = 'wasmbus.ctl') {
    this.lattice = checked('lattice name', lattice)
    this.#rpc = `wasmbus.rpc.${this.lattice}`
    const prefix = controlPrefix.split('.').map((part) => checked('control prefix', part))
    this.#control = `${prefix.join('.')}.${this.lattice}`
  }

  /** Where an actor is invoked; also its queue group. @throws LatticeError `ERR_LATTICE_NAME` */
  actor(publicKey: string): string {
    return `${this.#rpc}.${key(publicKey, 'module')}`
  }

  /** Where a provider is invoked; also its queue group. @throws LatticeError `ERR_LATTICE_NAME` */
  provider(publicKey: string, linkName: string): string {
    return `${this.#rpc}.${key(publicKey, 'service')}.${checked('link name', linkName)}`
  }

  /** @throws LatticeError `ERR_LATTICE_NAME` */
  providerVerb(publicKey: string, linkName: string, verb: ProviderVerb): string {
    return `${this.provider(publicKey, linkName)}.${verb}`
  }

  /** Where a provider is invoked by any of its links. @throws LatticeError `ERR_LATTICE_NAME` */
  everyLink(publicKey: string): string {
    return `${this.#rpc}.${key(publicKey, 'service')}.*`
  }

  /** @throws LatticeError `ERR_LATTICE_NAME` */
  everyLinkVerb(publicKey: string, verb: ProviderVerb): string {
    return `${this.everyLink(publicKey)}.${verb}`
  }

  /** Where the ids of invocations are sent that nobody waits for any more: to every host, for none knows whose they are. */
  get cancellations(): string {
    return `${this.#rpc}.cancel`
  }

  /** The queue group of verbs that one host answers for all. */
  get controlQueue(): string {
    return this.#control
  }

  control(verb: LatticeVerb): string {
    return `${this.#control}.${verb}`
  }

  /** @throws LatticeError `ERR_LATTICE_NAME` */
  hostControl(host: string, verb: HostVerb): string {
    const kind = verb === 'inv' ? 'get' : 'cmd'
    return `${this.#control}.${kind}.${key(host, 'server')}.${verb}`
  }

  /** CloudEvents of the lattice. */
  get events(): string {
    return `wasmbus.evt.${this.lattice}`
  }

  /** What became of single invocations. */
  get invocationEvents(): string {
    return `wasmbus.rpcevt.${this.lattice}`
  }
}

function checked(what: string, name: string): string {
  if (token.test(name)) return name
  throw new LatticeError(
    'ERR_LATTICE_NAME',
    { what, name },
    `${JSON.stringify(name)} cannot be a ${what}: 1 to 128 letters, digits, "_" and "-"`,
  )
}

function key(publicKey: string, type: 'module' | 'service' | 'server'): string {
  try {
    parsePublicKey(publicKey, type)
    return publicKey
  } catch (cause) {
    const what = `public key of a ${type}`
    const message = `${JSON.stringify(publicKey)} is no ${what}`
    throw new LatticeError('ERR_LATTICE_NAME', { what, name: publicKey }, message, { cause })
  }
}
