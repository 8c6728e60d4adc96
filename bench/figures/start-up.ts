/** From the command to the first answered request. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildExampleActor } from '../../scripts/build-actors.ts'
import type { Row } from '../report.ts'
import { inTurn, median } from '../rounds.ts'
import type { Settings } from '../settings.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** `wash-ts up` with a small actor: the package as it is published, and the sources as they are. */
export async function measureStartUp({ rounds }: Settings): Promise<Row[]> {
  const { path } = await buildExampleActor('echo')
  const folder = await mkdtemp(join(tmpdir(), 'wash-ts-bench-'))
  try {
    await publish(folder)
    const contenders = {
      published: () => timeToAnswer(folder, path),
      sources: () => timeToAnswer(root, path),
      node: () => timeOfNode(),
    }
    await inTurn(contenders, 1)
    const { published, sources, node } = await inTurn(contenders, Math.max(5, rounds))
    const bare = `${Math.round(median(node))} ms of it Node itself`
    return [
      {
        figure: '`wash-ts up` to the first answered request',
        value: median(published),
        unit: 'ms',
        target: { atMost: 300 },
        note: `fastest ${Math.round(Math.min(...published))}, ${bare}; from the sources ${Math.round(median(sources))}`,
      },
    ]
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** What an installed package has: its program, its build and its dependencies. */
async function publish(folder: string): Promise<void> {
  const { status } = spawnSync(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    ...['-p', join(root, 'tsconfig.dist.json'), '--outDir', join(folder, 'dist')],
  ])
  if (status !== 0 || !existsSync(join(folder, 'dist'))) throw new Error('the build failed')
  for (const name of ['bin', 'package.json']) {
    await cp(join(root, name), join(folder, name), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
}

async function timeToAnswer(folder: string, actor: string): Promise<number> {
  const start = performance.now()
  const args = [join(folder, 'bin/wash-ts.js'), 'up', actor, '--port', '0', '--output', 'json']
  const host = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    let said = ''
    let url: string | undefined
    while (url === undefined) {
      const [chunk] = (await Promise.race([once(host.stdout, 'data'), once(host, 'exit')])) as [
        unknown,
      ]
      if (!Buffer.isBuffer(chunk)) throw new Error(`wash-ts up ended with ${String(chunk)}`)
      said += chunk.toString()
      url = /"url":"([^"]+)"/.exec(said)?.[1]
    }
    const answer = await fetch(url)
    await answer.text()
    if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`)
    return performance.now() - start
  } finally {
    host.kill('SIGKILL')
    await once(host, 'close')
  }
}

async function timeOfNode(): Promise<number> {
  const start = performance.now()
  await once(spawn(process.execPath, ['-e', '0']), 'exit')
  return performance.now() - start
}
