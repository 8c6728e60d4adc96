/** HTTP through an actor, against a bare server and against the same guest in `workerd`. */
import { buildExampleActor } from '../../scripts/build-actors.ts'
import { Contender, cpuMs } from '../contender.ts'
import type { LoadResult } from '../contenders/load.ts'
import type { Row } from '../report.ts'
import { inTurn, median, medianRatio, spread } from '../rounds.ts'
import type { Settings } from '../settings.ts'
import { WorkerdServer } from '../workerd/server.ts'

const connections = 64
/** Below this share of a core, it was not the server that held up the others. */
const saturated = 0.85

interface Turn {
  readonly perSecond: number
  /** CPU microseconds of the server for each request. */
  readonly cpuUs: number
  /** Cores that the server kept busy. */
  readonly cores: number
}

/** Three servers that answer alike, asked in turn. */
export async function measureHttp({ rounds, roundMs }: Settings): Promise<Row[]> {
  const { path } = await buildExampleActor('echo')
  await using load = Contender.start('load')
  await using actorServer = Contender.start('http-actor')
  await using nodeServer = Contender.start('http-node')
  await using workerdServer = await WorkerdServer.start(path)
  const actorPort = await actorServer.ask<number>('listen', path)
  const answer = await load.ask<string>('answer', actorPort)
  const body = answer.slice(answer.indexOf('\r\n\r\n') + 4)
  const nodePort = await nodeServer.ask<number>('listen', body)
  await expectSame(load, answer, nodePort)
  await expectBody(load, body, workerdServer.port)

  const turnOf = (pid: number, port: number, ms: number) => async (): Promise<Turn> => {
    const before = cpuMs(pid)
    const result = await load.ask<LoadResult>('load', port, connections, ms)
    const cpu = cpuMs(pid) - before
    return {
      perSecond: (result.requests / result.ms) * 1000,
      cpuUs: (cpu / result.requests) * 1000,
      cores: cpu / result.ms,
    }
  }
  const contenders = (ms: number): Record<'actor' | 'node' | 'workerd', () => Promise<Turn>> => ({
    actor: turnOf(actorServer.pid, actorPort, ms),
    node: turnOf(nodeServer.pid, nodePort, ms),
    workerd: turnOf(workerdServer.pid, workerdServer.port, ms),
  })
  await inTurn(contenders(Math.max(1000, roundMs / 2)), 1)
  const { actor, node, workerd } = await inTurn(contenders(roundMs), rounds)
  return [
    compare('HTTP through the echo actor / node:http', actor, node, 0.7),
    compare('the same / workerd', actor, workerd, 2),
  ]
}

/**
 * The ratio of requests a second, as long as both servers kept a core busy; else that of requests
 * for each second of CPU, which is the same thing on a machine with nothing else to do.
 */
function compare(figure: string, ours: Turn[], theirs: Turn[], atLeast: number): Row {
  const busy = [ours, theirs].every((turns) => !(median(turns.map(coresOf)) < saturated))
  const value = busy ? perSecondOf : perCpuOf
  const [first, second] = [ours.map(value), theirs.map(value)]
  const other = busy ? perCpuOf : perSecondOf
  const otherRatio = medianRatio(ours.map(other), theirs.map(other)).toFixed(2)
  const words = [ours, theirs].map(
    (turns) =>
      `${Math.round(median(turns.map(perSecondOf)))}/s at ${median(turns.map(({ cpuUs }) => cpuUs)).toFixed(1)} us`,
  )
  const by = busy ? 'throughput' : 'CPU time (not saturated)'
  const otherBy = busy ? 'CPU time' : 'throughput'
  return {
    figure,
    value: medianRatio(first, second),
    unit: '',
    target: { atLeast },
    note: `${by}, rounds ${spread(first, second)}; by ${otherBy} ${otherRatio}; ${words.join(' against ')}`,
  }
}

const perSecondOf = ({ perSecond }: Turn): number => perSecond
const perCpuOf = ({ cpuUs }: Turn): number => 1 / cpuUs
const coresOf = ({ cores }: Turn): number => cores

/** @throws Error if the server does not answer with the same bytes, but for the date */
async function expectSame(load: Contender, expected: string, port: number): Promise<void> {
  const plain = (text: string): string => text.replace(/^date: .*$/im, 'date')
  const answer = await load.ask<string>('answer', port)
  if (plain(answer) !== plain(expected)) throw new Error(`${answer}\nis not\n${expected}`)
}

async function expectBody(load: Contender, body: string, port: number): Promise<void> {
  const answer = await load.ask<string>('answer', port)
  if (!answer.endsWith(`\r\n\r\n${body}`)) throw new Error(`${answer}\nhas not the body ${body}`)
}
