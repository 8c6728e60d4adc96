/** Messages of contracts as hex, and how a codec refused one. */
import {
  type AnyContractError,
  ContractError,
  contractForId,
  type Dialect,
  httpServer,
  type OperationCodec,
} from '../../contracts/index.ts'

/** Spaces between fields are allowed. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'utf8'))
}

/** Text of less than 32 bytes as MessagePack, in hex. */
export function str(text: string): string {
  return (0xa0 + Buffer.byteLength(text)).toString(16) + toHex(bytesOf(text))
}

/** The codec of an operation that actors ask of a provider. */
export function called(contractId: string, dialect: Dialect, wireName: string): OperationCodec {
  const found = contractForId(contractId)?.dialect(dialect)?.toProvider.get(wireName)
  if (found === undefined) throw new Error(`no ${wireName} in ${contractId} ${dialect}`)
  return found.codec
}

/** The codec of HandleRequest. */
export function handled(dialect: Dialect): OperationCodec {
  const codec = httpServer.dialect(dialect)?.toActor.get('HandleRequest')
  if (codec === undefined) throw new Error(`no HandleRequest in ${dialect}`)
  return codec
}

/** Code and detail of the ContractError that `run` throws; `accepted` if it throws none. */
export function refusal(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    if (!(error instanceof ContractError)) throw error
    const { code, detail } = error as AnyContractError
    return { code, ...detail }
  }
  return 'accepted'
}
