import { fail, KeyValue, Result, Writer } from '../sdk/assembly'

const store = new KeyValue('shelf')

/** Calls the method of the key-value client; false when it has none of that name. */
export function callKeyValue(method: string, response: Writer): bool {
  if (method == 'keyvalue.get') {
    const got = store.get('k')
    const problem = got.error
    const value = got.or(null)
    if (problem !== null) fail(problem)
    else if (value === null) response.nil()
    else response.string(value)
  } else if (method == 'keyvalue.set') answerText(store.set('k', 'v', 60), response)
  else if (method == 'keyvalue.add') answerNumber(store.add('k', -3), response)
  else if (method == 'keyvalue.del') answerText(store.del('k'), response)
  else if (method == 'keyvalue.clear') answerText(store.clear('k'), response)
  else if (method == 'keyvalue.push') answerNumber(store.push('k', 'v'), response)
  else if (method == 'keyvalue.range') answerTexts(store.range('k', 0, -1), response)
  else if (method == 'keyvalue.listItemDelete') {
    answerNumber(store.listItemDelete('k', 'v'), response)
  } else if (method == 'keyvalue.setAdd') answerNumber(store.setAdd('k', 'v'), response)
  else if (method == 'keyvalue.setRemove') answerNumber(store.setRemove('k', 'v'), response)
  else if (method == 'keyvalue.setUnion') answerTexts(store.setUnion(['k', 'l']), response)
  else if (method == 'keyvalue.setIntersection') {
    answerTexts(store.setIntersection(['k', 'l']), response)
  } else if (method == 'keyvalue.setQuery') answerTexts(store.setQuery('k'), response)
  else if (method == 'keyvalue.exists') {
    const exists = store.exists('k')
    const problem = exists.error
    if (problem !== null) fail(problem)
    response.bool(exists.or(false))
  } else return false
  return true
}

function answerText(result: Result<string>, response: Writer): void {
  const problem = result.error
  if (problem !== null) fail(problem)
  response.string(result.or(''))
}

function answerNumber(result: Result<i32>, response: Writer): void {
  const problem = result.error
  if (problem !== null) fail(problem)
  response.int(result.or(0))
}

function answerTexts(result: Result<string[]>, response: Writer): void {
  const problem = result.error
  if (problem !== null) fail(problem)
  const values = result.or([])
  response.array(values.length)
  for (let i = 0; i < values.length; i++) response.string(values[i])
}
