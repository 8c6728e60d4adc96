import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { root } from '../support/source-files.ts'
import { commandFolder } from '../support/wash-command.ts'

test('wash-ts - lists its commands, and exits with 2 when given none', async (t) => {
  await using folder = await commandFolder()
  const bare = await folder.run()
  const asked = await folder.run('--help')
  t.is(bare.exitCode, 2)
  t.is(asked.exitCode, 0)
  t.is(asked.stdout, bare.stdout)
  t.regex(asked.stdout, /^ {2}claims sign +sign an actor/m)
})

const misuses: readonly (readonly [args: string, message: string])[] = [
  ['clams sign', 'wash-ts has no command "clams"; did you mean claims sign?'],
  ['claims sgin', 'wash-ts has no command "claims sgin"; did you mean claims sign?'],
  ['claims', 'wash-ts claims needs one of sign, inspect, token'],
  ['claims token', 'wash-ts claims token needs one of actor, provider, account, operator'],
  ['keys list --directry x', 'wash-ts keys list has no flag --directry; did you mean --directory?'],
  ['keys list -Q', 'wash-ts keys list has no flag -Q'],
  ['keys list extra', 'wash-ts keys list does not take "extra"'],
  ['keys gen', 'wash-ts keys gen needs TYPE'],
  [
    'keys gen acount',
    'TYPE cannot be "acount": use account, module, server, service, operator, cluster, user; did you mean account?',
  ],
  ['keys list --directory', '--directory needs a value'],
  ['keys list --directory -o', '--directory needs a value'],
  ['keys list -o yaml', '-o cannot be "yaml": use text, json'],
  ['--nope keys list', 'wash-ts has no flag --nope before a command'],
  [
    'help ERR_HASH_MISMATC',
    'there is no error code ERR_HASH_MISMATC; did you mean ERR_HASH_MISMATCH?',
  ],
]
for (const [args, message] of misuses) {
  test(`wash-ts ${args} - is a usage error that says what was meant`, async (t) => {
    await using folder = await commandFolder()
    const { exitCode, stdout, stderr } = await folder.run(...args.split(' '))
    t.is(stderr.split('\n')[0], `error: ${message} (ERR_USAGE)`)
    t.regex(stderr, /^ {2}fix: `wash-ts help (COMMAND|keys gen|keys list|help)` lists/m)
    t.is(stdout, '')
    t.is(exitCode, 2)
  })
}

test('wash-ts - prints errors as JSON on standard output with --output json', async (t) => {
  await using folder = await commandFolder()
  const { exitCode, stdout, stderr } = await folder.run('-o', 'json', 'keys', 'lst')
  t.deepEqual(JSON.parse(stdout), {
    error: {
      code: 'ERR_USAGE',
      message: 'wash-ts has no command "keys lst"; did you mean keys list?',
      hint: '`wash-ts help COMMAND` lists what a command takes',
      docs: 'docs/errors.md#err_usage',
    },
  })
  t.is(stderr, '')
  t.is(exitCode, 2)
})

test('wash-ts - takes global flags before and after the command', async (t) => {
  await using folder = await commandFolder()
  const before = await folder.run('-o', 'json', 'version')
  const after = await folder.run('version', '--output=json')
  const flag = await folder.run('--version', '-o', 'json')
  t.is((JSON.parse(before.stdout) as { node: string }).node, process.versions.node)
  t.is(after.stdout, before.stdout)
  t.is(flag.stdout, before.stdout)
})

test('wash-ts help - explains an error code', async (t) => {
  await using folder = await commandFolder()
  const { json } = await folder.runJson('help', 'err_hash_mismatch')
  t.is(json['code'], 'ERR_HASH_MISMATCH')
  t.is(json['exit'], 4)
  t.is(json['docs'], 'docs/errors.md#err_hash_mismatch')
})

test('wash-ts - colours only a terminal that wants it', async (t) => {
  const escape = '\u001b['
  await using plain = await commandFolder()
  await using forced = await commandFolder({ FORCE_COLOR: '1' })
  await using refused = await commandFolder({ NO_COLOR: '1' })
  t.false((await plain.run('--help')).stdout.includes(escape))
  t.true((await forced.run('--help')).stdout.includes(escape))
  t.false((await refused.run('--help')).stdout.includes(escape))
  t.false((await plain.run('nope')).stderr.includes(escape))
})

test('wash-ts COMMAND --help - prints a manual page for every command', async (t) => {
  await using folder = await commandFolder()
  const { json } = await folder.runJson('help')
  const commands = json['commands'] as { name: string; summary: string }[]
  t.true(commands.length >= 10)
  for (const { name, summary } of commands) {
    const { exitCode, stdout } = await folder.run(...name.split(' '), '--help')
    t.is(exitCode, 0, name)
    t.true(stdout.startsWith(`wash-ts ${name}: ${summary}\n\nUsage: wash-ts ${name}`), name)
    const wide = stdout.split('\n').filter((line) => line.length > 100)
    t.deepEqual(wide, [], name)
  }
})

test('wash-ts - does not fail when its reader has enough', async (t) => {
  await using folder = await commandFolder()
  const bin = JSON.stringify(`${root}bin/wash-ts.js`)
  const { stdout, stderr } = await promisify(execFile)(
    'bash',
    ['-c', `set -o pipefail; "${process.execPath}" ${bin} completions bash | head -n 1`],
    { cwd: folder.path },
  )
  t.regex(stdout, /^# wash-ts completion for bash/)
  t.is(stderr, '')
})
