import test from 'ava'
import {
  claimFlags,
  ContractError,
  contractErrors,
  contractForId,
  contracts,
  type Dialect,
  extras,
  keyvalue,
  logging,
  rawContract,
} from '../../contracts/index.ts'

const dialects: readonly Dialect[] = ['A', 'B', 'C', 'D', 'E']

test('contractForId - finds one contract by the ids of every dialect', (t) => {
  t.is(contractForId('wascc:keyvalue'), keyvalue)
  t.is(contractForId('wasmcloud:keyvalue'), keyvalue)
  t.is(contractForId('wasmcloud:builtin:logging'), logging)
  t.is(contractForId('wasmcloud:builtin:numbergen'), extras)
  for (const other of ['keyvalue', 'wascc:printer', '', '__proto__']) {
    t.is(contractForId(other), undefined)
  }
})

test('contracts - use ids of their own, and only those', (t) => {
  const all = contracts.flatMap(({ ids }) => ids)
  t.is(new Set(all).size, all.length)
  for (const contract of contracts) {
    for (const dialect of dialects) {
      const id = contract.dialect(dialect)?.contractId
      if (id !== undefined && contract.ids.length > 0) t.true(contract.ids.includes(id))
    }
  }
})

test('rawContract - carries any operation as the bytes it came in, both ways', (t) => {
  const contract = rawContract('acme:printer')
  const bytes = Uint8Array.of(1, 2, 3)

  t.is(contract.name, 'acme:printer')
  t.deepEqual(contract.ids, ['acme:printer'])
  for (const name of dialects) {
    const dialect = contract.dialect(name)
    t.is(dialect?.contractId, 'acme:printer')
    const asked = dialect?.toProvider.get('Print')
    t.is(asked?.operation, 'Print')
    t.is(asked?.codec.wireName, 'Print')
    t.is(asked?.codec.decodeRequest(bytes), bytes)
    t.is(asked?.codec.encodeResponse(bytes), bytes)
    const told = dialect?.toActor.get('PaperOut')
    t.is(told?.wireName, 'PaperOut')
    t.is(told?.encodeRequest(bytes), bytes)
    t.is(told?.decodeResponse(bytes), bytes)
    t.deepEqual([...(dialect?.toProvider.keys() ?? [])], [])
  }
})

test('claimFlags - are the letters of wash, with ids that the contracts have', (t) => {
  t.deepEqual(
    claimFlags.map(({ letter, name }) => `-${letter} --${name}`),
    [
      '-q --http_server',
      '-h --http_client',
      '-k --keyvalue',
      '-g --msg',
      '-f --blob_store',
      '-z --extras',
      '-l --logging',
      '-e --events',
    ],
  )
  for (const flag of claimFlags) {
    for (const dialect of dialects) {
      const id = flag.contractIds[dialect]
      const contract = contractForId(id ?? '')?.dialect(dialect)
      if (contract !== undefined) t.is<string | undefined, string>(id, contract.contractId)
    }
  }
  t.deepEqual(claimFlags.find(({ letter }) => letter === 'z')?.contractIds, {
    A: 'wascc:extras',
    B: 'wascc:extras',
    C: 'wascc:extras',
    D: 'wasmcloud:extras',
    E: 'wasmcloud:builtin:numbergen',
  })
})

test('ContractError - says where and what, for people and for programs', (t) => {
  const codec = keyvalue.dialect('C')?.toProvider.get('Add')?.codec
  const error = t.throws<ContractError>(() => codec?.decodeRequest(Uint8Array.of(0x80)), {
    instanceOf: ContractError,
    code: 'ERR_MESSAGE_INVALID',
  })

  t.is(error.message, 'invalid message of wascc:keyvalue Add: key: missing')
  t.is(error.name, 'ContractError')
  t.deepEqual(Object.keys(contractErrors), ['ERR_MESSAGE_INVALID'])
})
