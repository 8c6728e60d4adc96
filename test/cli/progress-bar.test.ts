import test from 'ava'
import { progressBar } from '../../cli/progress-bar.ts'

test('progressBar - fills as the work is done, and never beyond', (t) => {
  t.is(progressBar(0, 3000, 'keys'), `${'░'.repeat(24)} 0 of 3,000 keys`)
  t.is(progressBar(1500, 3000, 'keys'), `${'█'.repeat(12)}${'░'.repeat(12)} 1,500 of 3,000 keys`)
  t.is(progressBar(2999, 3000, 'keys'), `${'█'.repeat(23)}░ 2,999 of 3,000 keys`)
  t.is(progressBar(3010, 3000, 'keys'), `${'█'.repeat(24)} 3,010 of 3,010 keys`)
  t.is(progressBar(0, 0, 'keys'), `${'█'.repeat(24)} 0 of 0 keys`)
})
