import test from 'ava'
import { LatticeActors, type LatticeActorsOptions } from '../../lattice/lattice-actors.ts'
import { Subjects } from '../../lattice/subjects.ts'
import { LatticeError } from '../../lattice/errors.ts'
import { type RunningActor, silentLogger } from '../../host/index.ts'
import { KeyPair } from '../../signing/index.ts'

const actor = { id: KeyPair.generate('module').publicKey } as RunningActor

/** Actors over a wire that is up or down, and how many are served there now. */
function actorsOver(wire: { isUp: boolean; served: number; begun: number }): LatticeActors {
  const options = {
    subjects: new Subjects('test'),
    server: {
      serve: async () => {
        wire.begun++
        await new Promise((done) => setImmediate(done))
        if (!wire.isUp) {
          throw new LatticeError('ERR_LATTICE_UNAVAILABLE', { server: '', reason: '' }, 'down')
        }
        wire.served++
        return async () => {
          await new Promise((done) => setImmediate(done))
          wire.served--
        }
      },
    },
    directory: { publish: async () => {}, withdraw: () => {} },
    log: silentLogger,
  } as unknown as LatticeActorsOptions
  return new LatticeActors(options)
}

test('LatticeActors - an actor that starts while the connection comes is served once', async (t) => {
  const wire = { isUp: true, served: 0, begun: 0 }
  const actors = actorsOver(wire)
  await Promise.all([actors.started(actor), actors.serveAll(), actors.started(actor)])
  t.is(wire.served, 1)
  await actors.stopping(actor.id)
  t.is(wire.served, 0)
})

test('LatticeActors - one that stops meanwhile is not served afterwards', async (t) => {
  const wire = { isUp: false, served: 0, begun: 0 }
  const actors = actorsOver(wire)
  await actors.started(actor)
  t.is(wire.served, 0)
  wire.isUp = true
  await Promise.all([actors.serveAll(), actors.stopping(actor.id), actors.serveAll()])
  t.is(wire.served, 0)
  await Promise.all([actors.started(actor), actors.stopping(actor.id), actors.started(actor)])
  t.is(wire.served, 1)
})
