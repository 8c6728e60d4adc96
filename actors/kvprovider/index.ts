/**
 * A portable provider: keeps texts and counters of one link in its memory. Not all of
 * `wascc:keyvalue`, and nothing outlives the instance: an example of a provider, not a store.
 */
import { Binding, Description, fail, provide, Reader, register, Writer } from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

const values = new Map<string, string>()
/** Where counters begin: the value `START` of the link. */
let start = '0'

provide(
  new Description('wascc:keyvalue', 'Key-value example', '0.1.0', 1, 'Texts in memory'),
  (binding: Binding): void => {
    start = binding.get('START', '0')
  },
)

register('Get', (request: Reader, response: Writer): void => {
  const asked = Asked.of(request)
  response.map(2)
  response.string('value')
  response.string(values.has(asked.key) ? values.get(asked.key) : '')
  response.string('exists')
  response.bool(values.has(asked.key))
})

register('Set', (request: Reader, response: Writer): void => {
  const asked = Asked.of(request)
  if (request.failed) return
  values.set(asked.key, asked.text)
  response.map(1)
  response.string('value')
  response.string(asked.text)
})

register('Add', (request: Reader, response: Writer): void => {
  const asked = Asked.of(request, true)
  if (request.failed) return
  const text = values.has(asked.key) ? values.get(asked.key) : start
  const before = I64.parseInt(text)
  if (before.toString() != text) {
    fail('the value is no integer')
    return
  }
  const sum = before + asked.number
  if (sum < i32.MIN_VALUE || sum > i32.MAX_VALUE) {
    fail('the sum does not fit 32 bits')
    return
  }
  values.set(asked.key, sum.toString())
  response.map(1)
  response.string('value')
  response.int(sum)
})

register('Del', (request: Reader, response: Writer): void => {
  const asked = Asked.of(request)
  values.delete(asked.key)
  response.map(1)
  response.string('key')
  response.string(asked.key)
})

register('KeyExists', (request: Reader, response: Writer): void => {
  const asked = Asked.of(request)
  response.map(2)
  response.string('value')
  response.string('')
  response.string('exists')
  response.bool(values.has(asked.key))
})

/** A request: a key, and for some operations a text or a number to go there. */
class Asked {
  key: string = ''
  text: string = ''
  number: i64 = 0

  static of(from: Reader, wantsNumber: bool = false): Asked {
    const asked = new Asked()
    const size = from.map()
    for (let i = 0; i < size && !from.failed; i++) {
      const name = from.string()
      if (name == 'key') asked.key = from.string()
      else if (name == 'value') {
        if (wantsNumber) asked.number = from.int(i32.MIN_VALUE, i32.MAX_VALUE)
        else asked.text = from.string()
      } else from.skip()
    }
    return asked
  }
}
