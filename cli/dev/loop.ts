import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { parseArguments } from '../arguments.ts'
import { claimsSign } from '../commands/claims-sign.ts'
import { readFileArgument } from '../actor-file.ts'
import type { LinkedToStock } from '../stock-links.ts'
import type { Terminal } from '../terminal.ts'
import { type BuildResult, runBuild } from './build.ts'
import { type Project, type ProjectFlags, readProject, scriptEnvironment } from './project.ts'
import type { ServedActor } from './served-actor.ts'
import { ignoring, SourceTree } from './source-tree.ts'
import { WrittenByBuilds } from './written-by-builds.ts'

/** What a {@link DevLoop} tells of, as it happens. */
export interface DevReport {
  /** Files have other content, and a build begins; none for the first one. */
  building(changed: readonly string[]): void
  /** The build failed; what served before serves on. */
  buildFailed(build: BuildResult): void
  /** A build is served. Times in milliseconds. */
  served(linked: LinkedToStock, times: StepTimes, output: string): void
  /** The build wrote the very module that is served already. */
  unchanged(durationMs: number): void
  /** A build could not be signed or served, or the project cannot be read. */
  failed(error: unknown): Promise<void>
  /** The build writes these itself: that they change asks for no other build. */
  generated(paths: readonly string[]): void
}

/** How long each step of a build that is served took, in milliseconds. */
export interface StepTimes {
  readonly buildMs: number
  readonly signMs: number
  readonly swapMs: number
}

/** What a {@link DevLoop} works with. */
export interface DevLoopOptions {
  readonly flags: ProjectFlags
  readonly actor: ServedActor
  readonly terminal: Terminal
  readonly report: DevReport
  readonly signal: AbortSignal
}

/** How long nobody must write before a build that follows from a build, in milliseconds. */
const quietMs = 1_000

/** Builds, signs and serves the project in the present folder whenever its sources change. */
export class DevLoop {
  readonly #options: DevLoopOptions
  #project: Project | undefined
  /** Tells the module that is served, and its claims, from others. */
  #served: string | undefined
  #wake = Promise.withResolvers<void>()
  #isForced = false

  constructor(options: DevLoopOptions) {
    this.#options = options
  }

  /** Builds again, though nothing has changed. */
  rebuild(): void {
    this.#isForced = true
    this.#wake.resolve()
  }

  /**
   * Goes on until the signal is aborted; builds under way end then.
   *
   * @throws CliError `ERR_PROJECT_UNKNOWN` if the folder cannot be built at all
   */
  async run(): Promise<void> {
    const { flags, signal, report } = this.#options
    this.#project = await readProject(flags)
    using tree = new SourceTree({
      folder: process.cwd(),
      isIgnored: (path) => this.#isIgnored(path),
      onChange: () => this.#wake.resolve(),
    })
    await tree.scan()
    signal.addEventListener('abort', () => this.#wake.resolve(), { once: true })
    const written = new WrittenByBuilds()
    let changed: string[] = []
    let isFirst = true
    while (!signal.aborted) {
      if (isFirst || changed.length > 0 || this.#isForced) {
        isFirst = this.#isForced = false
        report.building(changed)
        await this.#step(changed)
        const { again, found, isRepeated } = written.afterBuild(await tree.scan())
        if (found.length > 0) report.generated(found)
        changed = isRepeated ? await this.#quiet(again, tree, written) : again
        continue
      }
      await this.#woken()
      changed = signal.aborted ? [] : await tree.scan()
      written.byPerson(changed)
    }
  }

  /** Waits until nobody writes any more. @returns all that has changed */
  async #quiet(
    changed: readonly string[],
    tree: SourceTree,
    written: WrittenByBuilds,
  ): Promise<string[]> {
    const all = new Set(changed)
    for (;;) {
      let isQuiet = false
      const quiet = setTimeout(() => {
        isQuiet = true
        this.#wake.resolve()
      }, quietMs)
      await this.#woken()
      clearTimeout(quiet)
      const more = await tree.scan()
      written.byPerson(more)
      for (const path of more) all.add(path)
      if (this.#options.signal.aborted || this.#isForced) return [...all]
      if (isQuiet && more.length === 0) return [...all]
    }
  }

  async #woken(): Promise<void> {
    await this.#wake.promise
    this.#wake = Promise.withResolvers()
  }

  #isIgnored(path: string): boolean {
    const { wasm = '' } = this.#project ?? {}
    return ignoring([wasm, wasm.replace(/\.wasm$/, '_s.wasm')])(path)
  }

  async #step(changed: readonly string[]): Promise<void> {
    const { flags, terminal, report, signal } = this.#options
    try {
      if (changed.some((path) => /^(package|asconfig)\.json$/.test(path))) {
        this.#project = await readProject(flags)
      }
      const project = this.#project as Project
      const env = scriptEnvironment(process.cwd(), terminal.env)
      const build = await runBuild(project.build, env, signal)
      if (signal.aborted) return
      if (build.exitCode !== 0) return report.buildFailed(build)
      await this.#serve(project, build)
    } catch (error) {
      await report.failed(error)
    }
  }

  async #serve({ wasm, sign }: Project, build: BuildResult): Promise<void> {
    const { actor, report } = this.#options
    const built = await readFileArgument(wasm)
    const content = createHash('sha256')
      .update(built)
      .update(JSON.stringify(sign ?? []))
      .digest('hex')
    if (content === this.#served && actor.info) return report.unchanged(build.durationMs)
    const signingAt = performance.now()
    const signed = sign ? await this.#sign(sign) : built
    const swappingAt = performance.now()
    const linked = await actor.put(signed)
    this.#served = content
    const times = {
      buildMs: build.durationMs,
      signMs: swappingAt - signingAt,
      swapMs: performance.now() - swappingAt,
    }
    report.served(linked, times, build.output)
  }

  /** As the project's own script would, without starting another process for it. */
  async #sign(args: readonly string[]): Promise<Uint8Array> {
    const { terminal } = this.#options
    const parsed = parseArguments(claimsSign, args, terminal.env)
    const result = await claimsSign.run({ ...parsed, terminal })
    const { destination } = (result?.data ?? {}) as { destination: string }
    return readFile(destination)
  }
}
