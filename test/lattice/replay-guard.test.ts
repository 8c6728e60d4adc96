import test from 'ava'
import { ReplayGuard } from '../../lattice/replay-guard.ts'

test('ReplayGuard - remembers for at least the window, and not for ever', (t) => {
  const guard = new ReplayGuard(1000, 100, 0)
  t.is(guard.admit('a', 0), 'new')
  t.is(guard.admit('b', 999), 'new')
  t.is(guard.admit('a', 999), 'seen')
  t.is(guard.admit('b', 1998), 'seen')
  t.is(guard.admit('b', 2998), 'new')
  t.is(guard.admit('b', 9999), 'new')
})

test('ReplayGuard - lets nothing in that it has no room to remember', (t) => {
  const guard = new ReplayGuard(1000, 2, 0)
  t.is(guard.admit('a', 0), 'new')
  t.is(guard.admit('b', 0), 'new')
  t.is(guard.admit('c', 0), 'full')
  t.is(guard.admit('a', 0), 'seen')
  t.is(guard.admit('c', 5000), 'new')
})
