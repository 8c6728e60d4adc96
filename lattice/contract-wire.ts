import {
  type Contract,
  type ContractDialect,
  contractForId,
  type Dialect,
  type OperationCodec,
  rawContract,
} from '../contracts/index.ts'

/** The contract of an id; one that is not known here travels as the bytes it is. */
export function contractOf(id: string): Contract {
  return contractForId(id) ?? rawContract(id)
}

/** Newest first: hosts of the wire's own time speak E. */
const dialects: readonly Dialect[] = ['E', 'D', 'C', 'B', 'A']

/**
 * How the operations of a contract are written between hosts, whichever dialect the actor speaks: in
 * dialect E, or the newest one that has the contract.
 */
export class ContractWire {
  /** What the contract is called on the wire. */
  readonly contractId: string
  readonly isRaw: boolean
  readonly #dialect: ContractDialect
  readonly #toProvider = new Map<string, OperationCodec>()
  readonly #toActor = new Map<string, string>()

  constructor(contract: Contract, contractId: string) {
    const dialect = dialects.map((each) => contract.dialect(each)).find((each) => each)
    if (!dialect) throw new TypeError(`no dialect has ${contract.name}`)
    this.#dialect = dialect
    this.isRaw = contractForId(contractId) === undefined
    this.contractId = this.isRaw ? contractId : dialect.contractId
    for (const wireName of dialect.toProvider.keys()) {
      const known = dialect.toProvider.get(wireName)
      if (known) this.#toProvider.set(known.operation, known.codec)
    }
    for (const operation of dialect.toActor.keys()) {
      const codec = dialect.toActor.get(operation)
      if (codec) this.#toActor.set(codec.wireName, operation)
    }
  }

  /** Canonical names of what actors ask of providers; empty where every name is one. */
  get operations(): Iterable<string> {
    return this.#toProvider.keys()
  }

  /** How an operation is asked of a provider, by its canonical name. */
  toProvider(operation: string): OperationCodec | undefined {
    return this.#toProvider.get(operation) ?? this.#dialect.toProvider.get(operation)?.codec
  }

  /** What a provider is asked, by its name on the wire. */
  askedOfProvider(wireName: string): { operation: string; codec: OperationCodec } | undefined {
    return this.#dialect.toProvider.get(wireName)
  }

  /** How an operation is asked of an actor, by its canonical name. */
  toActor(operation: string): OperationCodec | undefined {
    return this.#dialect.toActor.get(operation)
  }

  /** What an actor is asked, by its name on the wire. */
  askedOfActor(wireName: string): { operation: string; codec: OperationCodec } | undefined {
    const operation = this.#toActor.get(wireName) ?? (this.isRaw ? wireName : undefined)
    const codec = operation === undefined ? undefined : this.#dialect.toActor.get(operation)
    return operation === undefined || codec === undefined ? undefined : { operation, codec }
  }
}
