import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import test from 'ava'
import { findPortHolder } from '../../capabilities/index.ts'
import { freePort } from '../support/free-port.ts'
import { root } from '../support/source-files.ts'

interface Started {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  readonly url: string
}

/** `npm start` in a process group of its own, as a terminal would start it. */
async function npmStart(...args: string[]): Promise<Started> {
  const child = spawn('npm', ['start', '--', ...args], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for await (const line of createInterface(child.stdout)) {
    const url = /^Try it: curl (\S+\/visits)$/.exec(line)?.[1]
    if (url !== undefined) return { child, url: `http://${url}` }
  }
  throw new Error('npm start ended without saying what to try')
}

/** Processes of the group that a child leads: npm and all that it started. */
async function groupMembers(groupId: number): Promise<string[]> {
  const members: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
      const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (Number(group) === groupId && state !== 'Z') members.push(readlinkSync(`/proc/${pid}/exe`))
    } catch {
      // It ended while it was looked at.
    }
  }
  return members
}

const endings: readonly (readonly [what: string, end: (pid: number) => void])[] = [
  ['Ctrl-C, which every process of the terminal gets', (pid) => process.kill(-pid, 'SIGINT')],
  ['SIGTERM to npm alone', (pid) => process.kill(pid, 'SIGTERM')],
]
for (const [what, end] of endings) {
  test(`npm start - serves the counter, and ends with 0 and nothing left on ${what}`, async (t) => {
    t.timeout(120_000)
    const { child, url } = await npmStart('--port', String(await freePort()))
    const pid = child.pid ?? 0
    t.teardown(() => {
      if (child.exitCode === null) process.kill(-pid, 'SIGKILL')
    })
    for (const counter of [1, 2, 3]) {
      const response = await fetch(url)
      t.deepEqual(await response.json(), { counter })
    }
    const exited = once(child, 'exit')
    end(pid)
    t.deepEqual(await exited, [0, null])
    t.deepEqual(await groupMembers(pid), [])
    await t.throwsAsync(fetch(url))
  })
}

test('npm start - says who has the port and which flag takes another', async (t) => {
  t.timeout(120_000)
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const child = spawn('npm', ['start', '--', '--port', String(port)], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const [exitCode] = (await once(child, 'close')) as [number]
  t.is(exitCode, 7)
  t.true(stderr.includes(`port ${port} of 127.0.0.1 is taken`), stderr)
  t.regex(stderr, /--port/)
  const holder = await findPortHolder(port)
  if (holder) t.true(stderr.includes(`by process ${holder.pid} (`), stderr)
})
