/** Asks an HTTP server at a steady pace, whether or not it keeps up, and times every answer. */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { answerQuestions } from '../contender.ts'

const request = Buffer.from('GET /visits HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
const connections = 128

/** One request, on the wall clock in milliseconds, fractions included. */
export interface TimedAnswer {
  /** When it was due, which is what the pace asked for. */
  readonly dueAt: number
  readonly answeredAt: number
}

/** What became of the requests. */
export interface PacedResult {
  readonly answers: readonly TimedAnswer[]
  /** First lines of answers other than 200, and errors of connections. */
  readonly failed: readonly string[]
}

const now = (): number => performance.timeOrigin + performance.now()

let stopped: (() => void) | undefined
let running: Promise<PacedResult> | undefined

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  return socket
}

/** Every request has a connection to itself until it is answered; one that finds none waits for it. */
async function pace(port: number, perSecond: number): Promise<PacedResult> {
  const idle = await Promise.all(Array.from({ length: connections }, () => open(port)))
  const all = [...idle]
  const answers: TimedAnswer[] = []
  const failed: string[] = []
  const waiting: number[] = []
  const due = new Map<Socket, number>()
  const send = (socket: Socket, dueAt: number): void => {
    due.set(socket, dueAt)
    socket.write(request)
  }
  const finish = (socket: Socket): void => {
    const next = waiting.shift()
    due.delete(socket)
    if (next === undefined) idle.push(socket)
    else send(socket, next)
  }
  for (const socket of all) {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      const length = /^content-length: (\d+)\r$/im.exec(text)?.[1]
      if (end === -1 || length === undefined || text.length < end + 4 + Number(length)) return
      const line = text.slice(0, text.indexOf('\r\n'))
      text = ''
      answers.push({ dueAt: due.get(socket) ?? 0, answeredAt: now() })
      if (!line.startsWith('HTTP/1.1 200 ')) failed.push(line)
      finish(socket)
    })
    socket.on('error', (error) => failed.push(error.message))
    socket.on('close', () => {
      if (due.delete(socket)) failed.push('connection closed')
    })
  }
  const startedAt = now()
  let sent = 0
  const timer = setInterval(() => {
    for (; sent < ((now() - startedAt) / 1000) * perSecond; sent++) {
      const dueAt = startedAt + (sent / perSecond) * 1000
      const socket = idle.pop()
      if (socket) send(socket, dueAt)
      else waiting.push(dueAt)
    }
  }, 1)
  const { promise, resolve } = Promise.withResolvers<void>()
  stopped = resolve
  await promise
  clearInterval(timer)
  const open10s = AbortSignal.timeout(10_000)
  while (due.size > 0 && !open10s.aborted) await new Promise((tick) => setImmediate(tick))
  if (due.size > 0) failed.push(`${due.size} without an answer`)
  for (const socket of all) socket.removeAllListeners('close').destroy()
  return { answers, failed }
}

answerQuestions({
  start(port: number, perSecond: number): void {
    running = pace(port, perSecond)
  },
  stop(): Promise<PacedResult> | undefined {
    stopped?.()
    return running
  },
})
