import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { commandFolder } from '../support/wash-command.ts'

const run = promisify(execFile)

/** What bash offers after the words `line`, the last one unfinished. */
async function offered(folder: string, script: string, line: string): Promise<string[]> {
  const words = line.split(' ')
  const program = `source "${script}"
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
    COMP_CWORD=${words.length - 1}
    _wash_ts
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await run('bash', ['-c', program], { cwd: folder })
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
