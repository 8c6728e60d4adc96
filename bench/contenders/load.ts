/** Asks an HTTP server for the same thing again and again, on connections that stay open. */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { answerQuestions } from '../contender.ts'

const request = Buffer.from('GET /hello?name=world HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')

/** What the server did in one round. */
export interface LoadResult {
  readonly requests: number
  readonly ms: number
  /** CPU time that asking took: when it is near `ms`, the server was not the bottleneck. */
  readonly cpuMs: number
}

/** One whole answer: head and body as text. */
async function firstAnswer(socket: Socket): Promise<string> {
  socket.write(request)
  let text = ''
  while (!isWhole(text)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    text += chunk.toString('latin1')
  }
  return text
}

function isWhole(text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n')
  const length = /^content-length: (\d+)\r$/im.exec(text)?.[1]
  return headEnd !== -1 && length !== undefined && text.length === headEnd + 4 + Number(length)
}

async function load(port: number, connections: number, forMs: number): Promise<LoadResult> {
  let requests = 0
  let over = false
  let broken: Error | undefined
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      await once(socket, 'connect')
      return socket
    }),
  )
  // All answers are as long as the first: only the date in them changes.
  const lengths = await Promise.all(
    sockets.map(async (socket) => (await firstAnswer(socket)).length),
  )
  const cpu = process.cpuUsage()
  const start = performance.now()
  await Promise.all(
    sockets.map((socket, index) => {
      const answerLength = lengths[index] as number
      const { promise, resolve } = Promise.withResolvers<void>()
      let received = 0
      socket.on('data', (chunk: Buffer) => {
        received += chunk.length
        if (received < answerLength) return
        if (received > answerLength || chunk[chunk.length - 1] === 0x0a) {
          broken = new Error(`the answer is not like the first: ${chunk.toString('latin1')}`)
          resolve()
          return
        }
        received = 0
        requests++
        if (over) resolve()
        else socket.write(request)
      })
      socket.on('close', resolve)
      socket.write(request)
      setTimeout(() => (over = true), forMs)
      return promise
    }),
  )
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  for (const socket of sockets) socket.destroy()
  if (broken) throw broken
  return { requests, ms, cpuMs: (user + system) / 1000 }
}

answerQuestions({
  load,
  async answer(port: number): Promise<string> {
    const socket = connect({ port, host: '127.0.0.1' })
    await once(socket, 'connect')
    const text = await firstAnswer(socket)
    socket.destroy()
    return text
  },
})
