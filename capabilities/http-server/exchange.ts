import type { IncomingMessage, ServerResponse } from 'node:http'
import { collectBody } from './body.ts'
import { Connection, InvocationOptions } from './connection.ts'
import { codeOf, failed, refusalFor, unavailable } from './failure.ts'
import type { Listener } from './listener.ts'
import { Framing } from './framing.ts'
import { Pending } from './pending.ts'
import { readableHeaders, readTarget } from './request.ts'
import { refuse, sendAnswer } from './response.ts'
import type { Route } from './route.ts'

const noBody: Uint8Array = new Uint8Array(0)

/** Answers one request: finds its route, has the actor answer, and writes that. Never throws. */
export function handleRequest(
  listener: Listener,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (listener.closing) response.shouldKeepAlive = false
  const framing = new Framing(request.rawHeaders)
  const target = readTarget(request, framing)
  if (!target.ok) {
    refuseTarget(request, response, framing, target.status)
    return
  }
  const route = listener.routes.find(target.host, target.path)
  if (route === undefined) refuse(request, response, { status: 404 })
  else if (route.retired) refuse(request, response, unavailable)
  else if (request.rawHeaders.length > 2 * route.config.maxHeaders) {
    refuse(request, response, { status: 431 })
  } else {
    const connection = Connection.of(request.socket)
    const pending = new Pending(target, framing, connection)
    connection.enter()
    route.enter(pending)
    listener.batch.add(() => void exchange(listener, route, pending, request, response))
  }
}

async function exchange(
  listener: Listener,
  route: Route,
  pending: Pending,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { target, framing, connection } = pending
  try {
    const body = framing.hasBody ? await bodyOf(route, framing, request, response) : noBody
    if (body === undefined) return
    const answer = await route.context.invoke(
      'HandleRequest',
      {
        method: request.method as string,
        path: target.path,
        queryString: target.queryString,
        headers: readableHeaders(request.rawHeaders),
        body,
      },
      new InvocationOptions(connection, route.config.timeoutMs, framing.traceparent),
    )
    if (response.destroyed) return
    // A listener that began to close meanwhile says so in this answer already.
    if (listener.closing) response.shouldKeepAlive = false
    const problem = sendAnswer(request, response, answer)
    if (problem !== undefined) {
      const code = 'ERR_HTTP_RESPONSE'
      const facts = { code, reason: problem, method: request.method, path: target.path }
      route.context.log.warn('the answer of the actor cannot be sent', facts)
      refuse(request, response, failed)
    }
    connection.boundReading(listener.requestTimeoutMs)
  } catch (error) {
    if (listener.closing) response.shouldKeepAlive = false
    answerFailure(route, request, response, target.path, error)
  } finally {
    connection.leave()
    route.leave(pending)
  }
}

/** The whole body; `undefined` if there is nothing to invoke with, and the client knows by now. */
async function bodyOf(
  { config: { maxBodyBytes } }: Route,
  { contentLength, expects }: Framing,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Uint8Array | undefined> {
  if (Number(contentLength ?? 0) > maxBodyBytes) {
    refuse(request, response, { status: 413 })
    return undefined
  }
  if (expects) response.writeContinue()
  const body = await collectBody(request, maxBodyBytes)
  if (body.kind === 'too-large') refuse(request, response, { status: 413 }, true)
  return body.kind === 'whole' ? body.bytes : undefined
}

/** Says nothing of the cause to the client, and everything to the log. */
function answerFailure(
  { context: { actor, log } }: Route,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  error: unknown,
): void {
  const code = codeOf(error)
  const reason = error instanceof Error ? error.message : String(error)
  const facts = { code, reason, method: request.method, path }
  if (response.destroyed) {
    log.debug('client left before its answer', facts)
    return
  }
  if (response.headersSent) {
    log.warn('an answer broke off', facts)
    response.destroy()
    return
  }
  const refusal = refusalFor(error, actor.id)
  // Under load there is one of these for each request turned away.
  if (refusal.status === unavailable.status) log.debug('request turned away', facts)
  else log.warn('request failed', facts)
  refuse(request, response, refusal)
}

function refuseTarget(
  request: IncomingMessage,
  response: ServerResponse,
  framing: Framing,
  status: number,
): void {
  // What the server as a whole can do: answer.
  if (request.method === 'OPTIONS' && request.url === '*' && !framing.hasBody) {
    response.writeHead(204)
    response.end()
    return
  }
  // Who sends this may mean another request by what follows.
  response.shouldKeepAlive = false
  refuse(request, response, { status })
}
