import type { ExecutionContext, TestFn } from 'ava'
import type { BlobstoreToProvider } from '../../../contracts/index.ts'
import { BlobActor } from '../support/blob-actor.ts'
import type { LinkedProvider, LinkFacts } from '../support/linked-provider.ts'

/** A blob store under test. */
export interface BlobstoreSubject extends AsyncDisposable {
  /** Every call opens one link to the same provider. */
  link(facts?: LinkFacts): Promise<BlobLink>
}

export type BlobLink = LinkedProvider<BlobstoreToProvider>

/** What the tests of the suite are written with. */
export interface BlobstoreSuite {
  readonly test: TestFn
  /** Of the provider. */
  readonly name: string
  /** An empty store. */
  open(): Promise<BlobstoreSubject>
  /** A test of one link to an empty store, with container `c` in it. */
  it(
    title: string,
    check: (t: ExecutionContext, link: BlobLink, actor: BlobActor) => Promise<void>,
    values?: Readonly<Record<string, string>>,
  ): void
  /** The text of a blob of container `c`, as it comes in parts of three bytes. */
  download(link: BlobLink, actor: BlobActor, id?: string): Promise<string>
  /** What is in container `c`. */
  ids(link: BlobLink): Promise<string[]>
  /** That something throws an error of this code with this detail. */
  refused(t: ExecutionContext, asked: () => unknown, code: string, detail: object): Promise<void>
}

export const bytesOf = (text: string): Uint8Array => Buffer.from(text)
export const c = { container: 'c' }
export const blob = { container: 'c', id: 'b' }
/** A listing of everything. */
export const first = { startWith: '', after: '', before: '', maxBlobs: 0 }

export function suiteOf(
  test: TestFn,
  name: string,
  open: () => Promise<BlobstoreSubject>,
): BlobstoreSuite {
  return {
    test,
    name,
    open,
    it: (title, check, values = {}) =>
      test(`${name} - ${title}`, async (t) => {
        await using subject = await open()
        const actor = new BlobActor()
        await using link = await subject.link({ ...actor.facts, values })
        await link.ask('CreateContainer', c)
        await check(t, link, actor)
      }),
    download: async ({ ask }, actor, id = 'b') => {
      actor.chunks.length = 0
      await ask('StartDownload', { container: 'c', id, chunkSize: 3, context: '' })
      return (await actor.blob()).toString()
    },
    ids: async ({ ask }) =>
      (await ask('ListObjects', { ...c, ...first })).blobs.map(({ id }) => id).sort(),
    refused: async (t, asked, code, detail) => {
      const error = await t.throwsAsync(async () => asked(), { code })
      t.like(error, { detail })
    },
  }
}
