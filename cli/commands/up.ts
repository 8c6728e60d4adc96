import type { Command, CommandCall } from '../command.ts'
import { usage } from '../arguments.ts'
import { findKey, type KeyRequest } from '../key-store.ts'
import { hostKeyOption, latticeOptions, latticeRequest } from '../lattice.ts'
import { portNumber } from '../port-number.ts'
import { parsePublicKey } from '../../signing/index.ts'
import { serve, type ServeRequest } from '../serve.ts'

/** `wash-ts up` */
export const up: Command = {
  name: 'up',
  summary: 'run actors, from a manifest or straight from their files',
  description: [
    'Starts a host with the actors that are named, and runs until it is stopped: Ctrl-C or SIGTERM ends it in good order, calls in flight first; a second Ctrl-C ends it at once.',
    'Actors named by their files are linked to the stock providers of the contracts that they claim: an in-memory key-value store, and an HTTP server on --port; each further actor that serves HTTP gets the next free port. A manifest says for itself which links there are.',
    'With --watch edits take effect while the host runs: actors and links that the manifest states anew are started and made, others stopped and ended, and an actor whose file has other content is updated in place, whatever its revision. An edit that cannot be done changes nothing, and says why.',
    'With --lattice the host joins others: its actors call theirs by key or call alias, and are called by them; a link may name the provider of another host by its key (wash-ts get providers -o json). docs/lattice.md says more.',
    'With --output json each line is a JSON object with an event: actor_started for each actor, ready when all have started, then what happens.',
  ],
  positionals: [{ name: 'ACTOR.wasm|MANIFEST', required: true, rest: true, completeFiles: '' }],
  options: {
    port: {
      short: 'p',
      type: 'text',
      value: 'PORT',
      summary: 'HTTP port of the first actor; default 8080, 0 for any free one',
    },
    bind: {
      short: 'b',
      type: 'text',
      value: 'ADDRESS',
      summary: 'address to serve HTTP on; default 127.0.0.1, only this machine',
    },
    trust: {
      type: 'text',
      multiple: true,
      value: 'ACCOUNT',
      summary: 'run only actors signed by this account key (A…)',
    },
    watch: {
      short: 'w',
      type: 'flag',
      summary: 'make edits of the manifest and new builds of the actors effective at once',
    },
    'no-control': {
      type: 'flag',
      summary: 'open no control socket: other commands will not find this host',
    },
    ...latticeOptions,
    'host-key': hostKeyOption,
  },
  examples: [
    ['wash-ts up counter_s.wasm', 'serves it on 127.0.0.1:8080'],
    ['wash-ts up a_s.wasm b_s.wasm --port 9000', 'serves them on 9000 and 9001'],
    ['wash-ts up manifest.yaml', 'actors and links as the manifest says'],
    ['wash-ts up manifest.yaml --watch', 'and as it says after every edit'],
    ['wash-ts up manifest.yaml --lattice shop', 'together with other hosts of that lattice'],
  ],
  run: async (call) => {
    const given = call.options.text('host-key')
    const key = given === undefined ? undefined : await findKey(hostKey(given), call.options)
    await serve({ ...serveRequest(call), keyPair: key?.pair }, call.terminal)
    return undefined
  },
}

/** What the arguments and flags of `up` ask to serve. @throws CliError `ERR_USAGE` */
export function serveRequest({ arguments: paths, options }: CommandCall): ServeRequest {
  const isManifest = (path: string): boolean => /\.(ya?ml|json)$/i.test(path)
  const [manifest, ...more] = paths.filter(isManifest)
  if (more[0] !== undefined) throw usage(more[0], 'wash-ts up takes only one manifest')
  return {
    manifest,
    actors: paths.filter((path) => !isManifest(path)),
    port: portNumber(options.text('port') ?? '8080'),
    bind: options.text('bind'),
    issuers: options.texts('trust').map(accountKey),
    logLevel: options.text('log-level'),
    control: !options.flag('no-control'),
    watch: options.flag('watch'),
    lattice: latticeRequest(options),
  }
}

function hostKey(given: string): KeyRequest {
  return { type: 'server', given, stem: 'host' }
}

function accountKey(text: string): string {
  try {
    parsePublicKey(text, 'account')
    return text
  } catch {
    throw usage('--trust', `--trust must be an account key (A…), not ${JSON.stringify(text)}`)
  }
}
