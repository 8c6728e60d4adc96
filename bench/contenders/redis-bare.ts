/** `ioredis` on its own: what a program without actors would do. */
import { Redis } from 'ioredis'
import { answerQuestions } from '../contender.ts'
import { callsPerSecond } from '../concurrent-calls.ts'

let redis: Redis | undefined

answerQuestions({
  connect(url: string): void {
    redis = new Redis(url)
  },
  load: (concurrency: number, forMs: number): Promise<number> =>
    callsPerSecond(concurrency, forMs, () => redis?.incrby('bare', 1)),
})
