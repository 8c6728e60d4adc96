/** What every blob store must do, whatever it keeps blobs in. */
import type { TestFn } from 'ava'
import { testContainers } from './containers.ts'
import { testDownloads } from './downloads.ts'
import { testHostileInput } from './hostile.ts'
import { testLimits } from './limits.ts'
import { testParts } from './parts.ts'
import { type BlobstoreSubject, suiteOf } from './suite.ts'
import { testUploads } from './uploads.ts'

/** Runs the suite. `open` makes an empty store for each test. */
export function blobstoreContract(
  test: TestFn,
  name: string,
  open: () => Promise<BlobstoreSubject>,
): void {
  const suite = suiteOf(test, name, open)
  testContainers(suite)
  testUploads(suite)
  testDownloads(suite)
  testParts(suite)
  testLimits(suite)
  testHostileInput(suite)
}
