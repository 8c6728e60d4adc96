import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { type RedisServer, startRedis } from './redis-server.ts'
import { startService, temporaryFolder } from './service.ts'

/** A master, a replica of it, and a Sentinel that turns over to the replica when the master dies. */
export interface SentinelTopology extends AsyncDisposable {
  /** `redis+sentinel://127.0.0.1:PORT/counters` */
  readonly url: string
  readonly sentinelPort: number
  readonly master: RedisServer
  readonly replica: RedisServer
}

/** A Redis Cluster of three masters and no replicas. */
export interface ClusterTopology extends AsyncDisposable {
  /** `redis+cluster://127.0.0.1:PORT`, of the first node. */
  readonly url: string
  readonly nodes: readonly RedisServer[]
}

/** Starts a master, a replica and a Sentinel, and waits until they know of each other. */
export async function startSentinel(): Promise<SentinelTopology> {
  await using opened = new AsyncDisposableStack()
  const master = opened.use(await startRedis({ config: { 'repl-diskless-sync-delay': '0' } }))
  const replicaof = `127.0.0.1 ${master.port}`
  const replica = opened.use(await startRedis({ args: ['--replicaof', ...replicaof.split(' ')] }))
  await until(replica.port, 'INFO replication', /master_link_status:up/)
  const folder = opened.use(await temporaryFolder())
  const sentinelPort = await freePort()
  const file = join(folder.path, 'sentinel.conf')
  const lines = [
    `port ${sentinelPort}`,
    'bind 127.0.0.1',
    `dir ${folder.path}`,
    `sentinel monitor counters 127.0.0.1 ${master.port} 1`,
    'sentinel down-after-milliseconds counters 300',
    'sentinel failover-timeout counters 2000',
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  opened.use(
    await startService({
      command: 'redis-server',
      args: [file, '--sentinel'],
      debianPackage: 'redis-server',
      readyLine: /\+monitor master/,
    }),
  )
  await until(sentinelPort, 'SENTINEL replicas counters', new RegExp(`\\b${replica.port}\\b`))
  const owned = opened.move()
  return {
    url: `redis+sentinel://127.0.0.1:${sentinelPort}/counters`,
    sentinelPort,
    master,
    replica,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Starts three nodes, gives each a third of the slots, and waits until all agree. */
export async function startCluster(): Promise<ClusterTopology> {
  await using opened = new AsyncDisposableStack()
  const nodes: RedisServer[] = []
  for (let node = 0; node < 3; node++) {
    const config = {
      'cluster-enabled': 'yes',
      'cluster-require-full-coverage': 'no',
      'cluster-node-timeout': '2000',
      'cluster-port': String(await freePort()),
    }
    nodes.push(opened.use(await startRedis({ config })))
  }
  const [first] = nodes as [RedisServer]
  const bounds = [0, 5461, 10_923, 16_384]
  for (const [index, node] of nodes.entries()) {
    const slots = `${bounds[index]} ${(bounds[index + 1] as number) - 1}`
    await tell(node.port, `CLUSTER ADDSLOTSRANGE ${slots}`, /OK/)
    await tell(node.port, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`, /OK/)
  }
  const busPort = /cluster-port\s+(\d+)|@(\d+)/.exec(await ask(first.port, 'CLUSTER NODES'))?.[2]
  for (const node of nodes.slice(1)) {
    await tell(node.port, `CLUSTER MEET 127.0.0.1 ${first.port} ${busPort}`, /OK/)
  }
  for (const node of nodes) {
    await until(node.port, 'CLUSTER INFO', /cluster_state:ok[^]*cluster_slots_assigned:16384/)
    await until(node.port, 'CLUSTER INFO', /cluster_known_nodes:3/)
  }
  const owned = opened.move()
  return {
    url: `redis+cluster://127.0.0.1:${first.port}`,
    nodes,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Asks again and again until the answer matches: these states come with no event. */
export async function until(port: number, command: string, matches: RegExp): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const answer = await ask(port, command)
    if (matches.test(answer)) return
    if (performance.now() > deadline) throw new Error(`${command} still answers ${answer}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function tell(port: number, command: string, matches: RegExp): Promise<void> {
  const answer = await ask(port, command)
  if (!matches.test(answer)) throw new Error(`${command}: ${answer}`)
}

/** What a server answers to one command, as it comes. */
function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = connect(port, '127.0.0.1')
    let answer = ''
    client.on('data', (chunk) => {
      answer += chunk.toString()
      if (answer.endsWith('+PONG\r\n')) client.destroy()
    })
    client.on('error', reject)
    client.on('close', () => resolve(answer))
    // What is answered to this comes after all of the answer.
    client.write(`${command}\r\nPING\r\n`)
  })
}
