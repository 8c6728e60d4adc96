import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { buildActor, signFixture } from '../support/actors.ts'
import { root } from '../support/source-files.ts'
import { commandFolder } from '../support/wash-command.ts'
import { nextEvent } from './support/up-events.ts'

const run = promisify(execFile)

/** What bash offers after the words `line`, the last one unfinished. */
async function offered(
  folder: string,
  script: string,
  line: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const words = line.split(' ')
  const program = `source "${script}"
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
    COMP_CWORD=${words.length - 1}
    _wash_ts
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await run('bash', ['-c', program], {
    cwd: folder,
    env: { ...process.env, ...env },
  })
  return stdout
    .split('\n')
    .filter((word) => word !== '')
    .sort()
}

test('wash-ts completions bash - completes commands, flags, values and files', async (t) => {
  await using folder = await commandFolder()
  const script = join(folder.path, 'complete.bash')
  await writeFile(script, (await folder.run('completions', 'bash')).stdout)
  await writeFile(join(folder.path, 'a.wasm'), '')
  await writeFile(join(folder.path, 'b.txt'), '')
  await run('bash', ['-n', script])

  const complete = (line: string): Promise<string[]> => offered(folder.path, script, line)
  t.deepEqual(await complete('wash-ts cl'), ['claims'])
  t.deepEqual(await complete('wash-ts claims '), ['inspect', 'sign', 'token'])
  t.deepEqual(await complete('wash-ts claims token op'), ['operator'])
  t.deepEqual(await complete('wash-ts claims sign --dest'), ['--destination'])
  t.deepEqual(await complete('wash-ts claims sign '), ['a.wasm'])
  t.deepEqual(await complete('wash-ts claims sign a.wasm --output '), ['json', 'text'])
  t.deepEqual(await complete('wash-ts keys gen cl'), ['cluster'])
})

test('wash-ts completions bash - offers what runs, and nothing that a shell would run', async (t) => {
  await using folder = await commandFolder()
  const marker = join(folder.path, 'marker')
  const wasm = await buildActor('echo')
  for (const [file, name] of [
    ['a.wasm', 'echo'],
    ['b.wasm', `$(touch ${marker})`],
  ] as const) {
    await writeFile(join(folder.path, file), await signFixture(wasm, { name }))
  }
  const script = join(folder.path, 'complete.bash')
  const program = `wash-ts() { '${process.execPath}' '${root}bin/wash-ts.js' "$@"; }\n`
  await writeFile(script, program + (await folder.run('completions', 'bash')).stdout)
  await using host = folder.start('up', 'a.wasm', 'b.wasm', '-o', 'json')
  const { actor = '' } = await nextEvent(host, 'actor_started', `$(touch ${marker})`)
  await nextEvent(host, 'ready')

  const complete = (line: string): Promise<string[]> =>
    offered(folder.path, script, line, { XDG_RUNTIME_DIR: folder.path })
  t.deepEqual(await complete('wash-ts stop actor e'), ['echo'])
  t.deepEqual(await complete('wash-ts stop actor M'), [actor])
  t.deepEqual(await complete('wash-ts swap wascc:k'), ['wascc:keyvalue'])
  t.false(existsSync(marker))
})

for (const shell of ['zsh', 'fish', 'pwsh']) {
  test(`wash-ts completions ${shell} - names every command and flag`, async (t) => {
    await using folder = await commandFolder()
    const { exitCode, stdout } = await folder.run('completions', shell)
    t.is(exitCode, 0)
    const { json } = await folder.runJson('help')
    for (const { name } of json['commands'] as { name: string }[]) {
      t.true(stdout.includes(name), name)
    }
    for (const flag of ['destination', 'call-alias', 'disable-keygen']) {
      t.true(stdout.includes(flag), flag)
    }
  })
}
