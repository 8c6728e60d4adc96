import test from 'ava'
import { Databases } from '../../../capabilities/sqlite-sqldb/databases.ts'
import { silentLogger } from '../../../host/index.ts'
import { linkedActor } from '../support/linked-provider.ts'

test('Databases - one that is taken while its last link lets go stays', async (t) => {
  const databases = new Databases(60_000)
  const actor = linkedActor('MA', 'a')
  const choice = { actor, linkName: 'default', file: undefined, store: 's', isReadOnly: false }
  const first = await databases.hold(choice, silentLogger)

  const taking = databases.hold(choice, silentLogger)
  const letting = first[Symbol.asyncDispose]()
  await using second = await taking
  await letting

  t.is(second.database, first.database)
  await t.notThrowsAsync(second.database.open(new AbortController().signal))
  await using third = await databases.hold(choice, silentLogger)
  t.is(third.database, second.database)
})
