/** Echo through a host: claims checked, metered, pooled. */
import { Host } from '../../host/index.ts'
import { answerQuestions } from '../contender.ts'
import { echoFor } from '../echo-loop.ts'

const host = new Host()
let actor = ''

answerQuestions({
  async open(path: string): Promise<void> {
    actor = (await host.startActor(path)).id
  },
  run: (ms: number) => echoFor(ms, (payload) => host.call(actor, 'Echo', payload)),
})
