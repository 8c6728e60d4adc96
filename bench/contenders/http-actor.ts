/** The echo actor behind the HTTP server provider, as `wash-ts up` runs it. */
import { stockProviders } from '../../capabilities/index.ts'
import { Host } from '../../host/index.ts'
import { answerQuestions } from '../contender.ts'

answerQuestions({
  async listen(path: string): Promise<number> {
    const host = new Host({ providers: stockProviders() })
    const { id } = await host.startActor(path)
    const values = { PORT: '0', BIND: '127.0.0.1' }
    const link = await host.link({ actor: id, contractId: 'wascc:http_server', values })
    return Number(new URL(link?.info['url'] ?? '').port)
  },
})
