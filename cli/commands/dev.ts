import { usage } from '../arguments.ts'
import { actorClaimOptions } from '../claim-flags.ts'
import type { Command, OptionSpec, OptionValues } from '../command.ts'
import { serveProject } from '../dev/serve-project.ts'
import { portNumber } from '../port-number.ts'

/** What the actor claims: the flags of `claims sign`, by their long names alone. */
const claimOptions: Readonly<Record<string, OptionSpec>> = Object.fromEntries(
  Object.entries(actorClaimOptions)
    .filter(([name]) => name !== 'prov')
    .map(([name, option]) => [name, withoutShort(option)]),
)

/** `wash-ts dev` */
export const dev: Command = {
  name: 'dev',
  summary: 'build, sign and serve an actor’s project again whenever its sources change',
  description: [
    'Runs in the folder of a project such as `wash-ts new actor` makes: builds it with its script "build", signs it as its script "sign" does, and serves it linked to the stock providers of the contracts that it claims. When a source has other content all of that happens again: the new build takes the place of the old one while connections stay, and is used by the next request. A build that fails changes nothing: the compiler’s message is shown, and the last good build is served on.',
    'Other projects say --build and --wasm: a command for a shell, and the module that it writes. That is signed with the flags of `claims sign` that are given here (--http-server, --keyvalue, --name …); without any it must be signed already.',
    'Hidden files, node_modules and the folder that the build writes to are not followed.',
  ],
  positionals: [{ name: 'FOLDER', completeFiles: '' }],
  options: {
    build: { type: 'text', value: 'COMMAND', summary: 'how to build; default the script "build"' },
    wasm: {
      type: 'text',
      value: 'FILE',
      summary: 'the module that the build writes; default what the script "sign" signs',
      completeFiles: '.wasm',
    },
    port: {
      short: 'p',
      type: 'text',
      value: 'PORT',
      summary: 'HTTP port; default 8080, 0 for any free one',
    },
    bind: {
      short: 'b',
      type: 'text',
      value: 'ADDRESS',
      summary: 'address to serve HTTP on; default 127.0.0.1, only this machine',
    },
    'no-control': {
      type: 'flag',
      summary: 'open no control socket: other commands will not find this host',
    },
    ...claimOptions,
  },
  examples: [
    ['wash-ts dev', 'in a project that `wash-ts new actor` made'],
    [
      'wash-ts dev --build "zig build" --wasm zig-out/bin/app.wasm --http-server --name app',
      'any other project, with what it claims',
    ],
  ],
  run: async ({ arguments: [folder], options, terminal }) => {
    if (folder !== undefined) enter(folder)
    await serveProject(
      {
        flags: {
          build: options.text('build'),
          wasm: options.text('wasm'),
          signFlags: signFlags(options),
        },
        port: portNumber(options.text('port') ?? '8080'),
        bind: options.text('bind'),
        logLevel: options.text('log-level'),
        control: !options.flag('no-control'),
      },
      terminal,
    )
    return undefined
  },
}

/** The flags of `claims sign` among those that were given. */
function signFlags(options: OptionValues): string[] {
  return Object.entries(claimOptions).flatMap(([name, { type }]) => {
    if (type === 'flag') return options.flag(name) ? [`--${name}`] : []
    return options.texts(name).map((value) => `--${name}=${value}`)
  })
}

/** @throws CliError `ERR_USAGE` */
function enter(folder: string): void {
  try {
    process.chdir(folder)
  } catch {
    throw usage(folder, `there is no folder ${folder}`)
  }
}

function withoutShort(option: OptionSpec): OptionSpec {
  const { short, ...rest } = option
  return short === undefined ? option : rest
}
