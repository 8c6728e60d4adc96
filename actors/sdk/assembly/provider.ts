import { register } from './guest'
import { Reader } from './reader'
import { Writer } from './writer'

/** An actor that a portable provider serves, and the values of its link. */
export class Binding {
  /** The actor's public key: what to call it by. */
  actor: string = ''
  /** What the operator wrote, and what the host adds: `__wascc_name`, `__wascc_issuer` and others. */
  values: Map<string, string> = new Map<string, string>()

  /** A value of the link, or another where there is none. */
  get(name: string, otherwise: string = ''): string {
    return this.values.has(name) ? this.values.get(name) : otherwise
  }

  read(from: Reader): void {
    const size = from.map()
    for (let i = 0; i < size && !from.failed; i++) {
      const key = from.string()
      if (key == 'module') this.actor = from.string()
      else if (key == 'values') {
        if (from.skipNil()) continue
        const count = from.map()
        for (let j = 0; j < count && !from.failed; j++) {
          const name = from.string()
          this.values.set(name, from.string())
        }
      } else from.skip()
    }
    if (this.actor.length == 0) from.fail('no field "module"')
  }
}

/** What a portable provider is: the contract that it serves, and words for people. */
export class Description {
  constructor(
    /** Such as `wascc:keyvalue`, or any `namespace:name`. */
    readonly contract: string,
    readonly name: string,
    readonly version: string = '0.0.0',
    readonly revision: u32 = 0,
    readonly text: string = '',
  ) {}
}

let description: Description | null = null
let bound: ((binding: Binding) => void) | null = null
let removed: ((actor: string) => void) | null = null

/**
 * Makes the module a portable provider, which is signed with `--prov`; {@link register} then says how
 * it answers the operations of its contract. A host starts an instance for each link, and that keeps
 * its variables until the link ends or the instance traps.
 *
 * Call it at the top level of the entry file.
 *
 * @param onBound called with the actor of the link, once in each instance's life
 * @param onRemoved called with the actor's key when the link ends in good order
 */
export function provide(
  what: Description,
  onBound: ((binding: Binding) => void) | null = null,
  onRemoved: ((actor: string) => void) | null = null,
): void {
  description = what
  bound = onBound
  removed = onRemoved
  register('GetCapabilityDescriptor', describe)
  register('BindActor', bind)
  register('RemoveActor', remove)
}

function describe(_request: Reader, response: Writer): void {
  const what = changetype<Description>(description)
  response.map(6)
  response.string('id')
  response.string(what.contract)
  response.string('name')
  response.string(what.name)
  response.string('version')
  response.string(what.version)
  response.string('revision')
  response.uint(what.revision)
  response.string('long_description')
  response.string(what.text)
  response.string('supported_operations')
  response.array(0)
}

function bind(request: Reader, _response: Writer): void {
  const binding = new Binding()
  binding.read(request)
  const handler = bound
  if (!request.failed && handler !== null) handler(binding)
}

function remove(request: Reader, _response: Writer): void {
  const binding = new Binding()
  binding.read(request)
  const handler = removed
  if (!request.failed && handler !== null) handler(binding.actor)
}
