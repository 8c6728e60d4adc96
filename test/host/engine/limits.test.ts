import test from 'ava'
import { defaultLimits, withDefaultLimits } from '../../../host/engine/index.ts'

test('withDefaultLimits - replaces what is given and nothing else', (t) => {
  const limits = withDefaultLimits({ cpuMs: 5, timeoutMs: undefined })
  t.deepEqual(limits, { ...defaultLimits, cpuMs: 5 })
  t.true(Object.isFrozen(limits))
  t.true(Object.isFrozen(defaultLimits))
  t.deepEqual(withDefaultLimits(), defaultLimits)
})

for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
  for (const name of Object.keys(defaultLimits)) {
    test(`withDefaultLimits - throws for ${name} of ${value}`, (t) => {
      t.throws(() => withDefaultLimits({ [name]: value }), {
        instanceOf: RangeError,
        message: `limit ${name} is ${value}, expected a positive number`,
      })
    })
  }
}

test('withDefaultLimits - allows no queue, no table and no instance kept', (t) => {
  const none = { queueLength: 0, tableElements: 0, minInstances: 0 }
  t.like(withDefaultLimits(none), none)
})
