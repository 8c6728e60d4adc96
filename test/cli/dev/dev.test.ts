import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { stripClaims } from '../../../signing/index.ts'
import { buildActor } from '../../support/actors.ts'
import { KeepAlive } from '../../support/keep-alive.ts'
import { root } from '../../support/source-files.ts'
import { type CommandFolder, commandFolder } from '../../support/wash-command.ts'
import { nextEvent, nthEvent } from '../support/up-events.ts'

interface DevEvent {
  readonly changed: readonly string[]
  readonly paths: readonly string[]
  readonly output: string
  readonly name: string
  readonly url?: string
  readonly buildMs: number
  readonly signMs: number
  readonly swapMs: number
  readonly error: { readonly code: string }
}

/** A project that `wash-ts new actor` made, with what `npm install` would bring. */
async function newProject(folder: CommandFolder): Promise<string> {
  await folder.run('new', 'actor', 'greeter')
  const project = join(folder.path, 'greeter')
  await mkdir(join(project, 'node_modules/.bin'), { recursive: true })
  await symlink(root, join(project, 'node_modules/wash-ts'))
  await symlink(`${root}node_modules/assemblyscript`, join(project, 'node_modules/assemblyscript'))
  const compiler = `${root}node_modules/assemblyscript/bin/asc.js`
  const asc = `#!/bin/sh\nexec ${process.execPath} ${compiler} "$@"\n`
  await writeFile(join(project, 'node_modules/.bin/asc'), asc, { mode: 0o755 })
  return project
}

/** A project whose build copies the module that `source.txt` names, at once. */
async function copyProject(folder: CommandFolder): Promise<void> {
  for (const name of ['kvcounter', 'echo']) {
    const bare = stripClaims(await buildActor(name))
    await mkdir(join(folder.path, '.modules'), { recursive: true })
    await writeFile(join(folder.path, `.modules/${name}`), bare)
  }
  await writeFile(join(folder.path, 'source.txt'), 'kvcounter')
}

const copy = 'mkdir -p build && cp .modules/$(cat source.txt) build/app.wasm'
const claims = ['--wasm', 'build/app.wasm', '--http-server', '--keyvalue', '--name', 'app']
const quiet = ['-p', '0', '-o', 'json']

test('wash-ts dev - serves edits of a real project on open connections, and no broken build', async (t) => {
  t.timeout(240_000)
  await using folder = await commandFolder()
  const project = await newProject(folder)
  const source = join(project, 'assembly/index.ts')
  const text = await readFile(source, 'utf8')
  await using command = folder.start('dev', 'greeter', ...quiet)
  const { url = '' } = await nthEvent<DevEvent>(command, 'served')
  using client = new KeepAlive(url)
  t.is(await client.get('?name=you'), 'Hello, you!\n')
  // Somebody who goes on asking all the time, lest the server ends an idle connection.
  const answers: string[] = []
  const asking = setInterval(() => {
    client.get('?name=you').then(
      (answer) => answers.push(answer),
      (error: unknown) => answers.push(String(error)),
    )
  }, 100)
  t.teardown(() => clearInterval(asking))

  await writeFile(source, text.replace('Hello', 'Moin'))
  const second = await nthEvent<DevEvent>(command, 'served', 2)
  t.is(await client.get('?name=you'), 'Moin, you!\n')
  t.log(
    `built in ${Math.round(second.buildMs)} ms, signed in ${second.signMs.toFixed(1)} ms, swapped in ${second.swapMs.toFixed(1)} ms`,
  )
  const builds = await nthEvent<DevEvent>(command, 'building', 2)
  t.deepEqual(builds.changed, ['assembly/index.ts'])

  await writeFile(source, `${text}\nnonsense(`)
  const failed = await nthEvent<DevEvent>(command, 'build_failed')
  t.regex(failed.output, /ERROR TS\d+.*\n[^]*nonsense\(/)
  t.is(await client.get('?name=you'), 'Moin, you!\n')

  await writeFile(source, text.replace('Hello', 'Servus'))
  await nthEvent<DevEvent>(command, 'served', 3)
  t.is(await client.get('?name=you'), 'Servus, you!\n')

  // What the actor claims may be edited, too: its links follow.
  const manifest = join(project, 'package.json')
  const scripts = await readFile(manifest, 'utf8')
  await writeFile(manifest, scripts.replace('--http-server', '--http-server --keyvalue'))
  await nthEvent<DevEvent>(command, 'served', 4)
  const { json } = await folder.runJson('get', 'links')
  const links = json['links'] as { contractId: string }[]
  t.deepEqual(links.map(({ contractId }) => contractId).sort(), [
    'wascc:http_server',
    'wascc:keyvalue',
  ])
  await writeFile(manifest, scripts)
  await nthEvent<DevEvent>(command, 'served', 5)
  t.is(((await folder.runJson('get', 'links')).json['links'] as unknown[]).length, 1)

  t.is(await client.get('?name=you'), 'Servus, you!\n')
  t.is(client.connections, 1)
  clearInterval(asking)
  t.deepEqual([...new Set(answers)].sort(), ['Hello, you!\n', 'Moin, you!\n', 'Servus, you!\n'])
  command.kill('SIGINT')
  t.is((await command.finished).exitCode, 0)
})

test('wash-ts dev --build --wasm - takes any command, and signs with the flags that are given', async (t) => {
  await using folder = await commandFolder()
  await copyProject(folder)
  await using command = folder.start('dev', '--build', copy, ...claims, ...quiet)
  const { url = '', name } = await nthEvent<DevEvent>(command, 'served')
  t.is(name, 'app')
  t.is(await (await fetch(`${url}visits`)).text(), '{"counter":1}')

  await writeFile(join(folder.path, 'notes.txt'), 'not of the build')
  await nthEvent<DevEvent>(command, 'unchanged')
  await writeFile(join(folder.path, 'source.txt'), 'nothing')
  const failed = await nthEvent<DevEvent>(command, 'build_failed')
  t.regex(failed.output, /nothing/)
  await writeFile(join(folder.path, 'source.txt'), 'echo')
  await nthEvent<DevEvent>(command, 'served', 2)
  t.not(await (await fetch(`${url}visits`)).text(), '{"counter":2}')
})

test('wash-ts dev - serves nothing before the first build succeeds, then serves', async (t) => {
  await using folder = await commandFolder()
  await copyProject(folder)
  await writeFile(join(folder.path, 'source.txt'), 'nothing')
  await using command = folder.start('dev', '--build', copy, ...claims, ...quiet)
  await nthEvent<DevEvent>(command, 'build_failed')
  await writeFile(join(folder.path, 'source.txt'), 'kvcounter')
  const { url = '' } = await nthEvent<DevEvent>(command, 'served')
  t.is((await fetch(`${url}visits`)).status, 200)
})

test('wash-ts dev - a build that leaves no module, or a bad one, changes nothing', async (t) => {
  await using folder = await commandFolder()
  await copyProject(folder)
  await writeFile(join(folder.path, '.modules/bad'), 'no module at all')
  const build = `${copy}; [ "$(cat source.txt)" != none ] || { rm build/app.wasm; true; }`
  await copyFile(join(folder.path, '.modules/echo'), join(folder.path, '.modules/none'))
  await using command = folder.start('dev', '--build', build, ...claims, ...quiet)
  const { url = '' } = await nthEvent<DevEvent>(command, 'served')
  await writeFile(join(folder.path, 'source.txt'), 'bad')
  t.is((await nthEvent<DevEvent>(command, 'failed')).error.code, 'ERR_WASM_MALFORMED')
  await writeFile(join(folder.path, 'source.txt'), 'none')
  t.is((await nthEvent<DevEvent>(command, 'failed', 2)).error.code, 'ERR_FILE_NOT_FOUND')
  t.is(await (await fetch(`${url}visits`)).text(), '{"counter":1}')
})

test('wash-ts dev - a build that writes among its sources does not go on for ever', async (t) => {
  t.timeout(60_000)
  await using folder = await commandFolder()
  await copyProject(folder)
  const build = `${copy} && date +%N > generated.txt`
  await using command = folder.start('dev', '--build', build, ...claims, ...quiet)
  const { paths } = await nthEvent<DevEvent>(command, 'generated')
  t.deepEqual(paths, ['generated.txt'])
  await writeFile(join(folder.path, 'source.txt'), 'echo')
  await nthEvent<DevEvent>(command, 'served', 2)
  command.kill('SIGTERM')
  const { stdout } = await command.finished
  const builds = stdout.split('\n').filter((line) => line.includes('"building"'))
  t.true(builds.length <= 7, String(builds.length))
})

test('wash-ts dev - ends its build, and what that started, when it ends', async (t) => {
  await using folder = await commandFolder()
  const build = 'sleep 1000 & echo $! > .child; echo $$ > .shell; sleep 1000'
  await using command = folder.start('dev', '--build', build, ...claims, ...quiet)
  await nextEvent(command, 'building')
  const pidOf = async (name: string): Promise<number> =>
    Number(await readFile(join(folder.path, name), 'utf8').catch(() => ''))
  const pids = async (): Promise<number[]> => [await pidOf('.child'), await pidOf('.shell')]
  while ((await pids()).some((pid) => !pid)) await new Promise((resolve) => setImmediate(resolve))

  command.kill('SIGTERM')

  t.is((await command.finished).exitCode, 0)
  for (const pid of await pids()) t.regex(await stateOf(pid), /^(Z.*)?$/)
})

/** The state of a process: nothing for one that is gone, Z for one whose end nobody has noticed yet. */
async function stateOf(pid: number): Promise<string> {
  const said = await promisify(execFile)('ps', ['-o', 'stat=', '-p', String(pid)]).catch(
    () => undefined,
  )
  return said?.stdout.trim() ?? ''
}

test('wash-ts dev - says what is missing where there is no project', async (t) => {
  await using folder = await commandFolder()
  for (const [args, code] of [
    [['dev'], 'ERR_PROJECT_UNKNOWN'],
    [['dev', '--build', 'true'], 'ERR_PROJECT_UNKNOWN'],
    [['dev', 'nowhere'], 'ERR_USAGE'],
    [['dev', '--port', 'x'], 'ERR_USAGE'],
  ] as const) {
    const { exitCode, json } = await folder.runJson(...args)
    t.is((json['error'] as { code: string }).code, code)
    t.is(exitCode, 2)
  }
})

test('wash-ts dev - takes keys on a terminal, and gives it back', async (t) => {
  await using folder = await commandFolder()
  await copyProject(folder)
  const words = [
    process.execPath,
    `${root}bin/wash-ts.js`,
    'dev',
    '-p',
    '0',
    '--build',
    copy,
    ...claims,
  ]
  const line = `stty -a > .before; ${words.map((word) => `'${word}'`).join(' ')}; echo "ended with $?"; stty -a > .after`
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    cwd: folder.path,
    env: {
      ...process.env,
      HOME: folder.path,
      WASH_KEYS: folder.keys,
      XDG_RUNTIME_DIR: folder.path,
      NO_COLOR: '1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  let said = ''
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
    for (const check of waiting) check()
  })
  const seen = (pattern: RegExp): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (pattern.test(said)) resolve()
      }
      waiting.add(check)
      check()
    })
  await seen(/swapped in .*http/)
  t.regex(said, /o prints the address/)
  child.stdin.write('o')
  await seen(/http[^]*\n\s*http:\/\/127\.0\.0\.1:\d+\//)
  child.stdin.write('r')
  await seen(/the module is the same/)
  t.notRegex(said, /\u001b\[\d+m/)
  child.stdin.write('q')
  await once(child, 'close')
  t.regex(said, /Stopping \(q\)[^]*ended with 0/)
  t.is(
    await readFile(join(folder.path, '.after'), 'utf8'),
    await readFile(join(folder.path, '.before'), 'utf8'),
  )
})
