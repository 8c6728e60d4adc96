import { insertIntoArchive, inspectArchive, maxArchiveBytes } from '../../signing/index.ts'
import { readFileArgument } from '../actor-file.ts'
import type { Command } from '../command.ts'
import { directoryOption, findPairOf, signerOptions } from '../key-store.ts'
import { givenLibrary, libraryOptions, libraryRows } from '../par-library.ts'
import { writeWhole } from '../whole-file.ts'

/** `wash-ts par insert` */
export const parInsert: Command = {
  name: 'par insert',
  summary: 'add a library for another target to a provider archive',
  description: [
    'Puts a library into an archive, or another one in the place of the one that is there for the target, and signs the archive anew with the keys that signed it before. All other claims stay, and so does the file’s name.',
    'The keys are looked for in the folder of keys; --issuer and --subject name them where they are kept elsewhere. None is made: with another key it would be another provider.',
  ],
  positionals: [{ name: 'ARCHIVE.par', required: true, completeFiles: '.par' }],
  options: {
    ...libraryOptions,
    ...signerOptions('account key that signed it', 'service key of the provider'),
    directory: directoryOption,
    'disable-keygen': { type: 'flag', summary: 'as wash had it; this command makes no key anyway' },
  },
  examples: [['wash-ts par insert redis.par -a x86_64-linux -b redis', 'for native hosts as well']],
  run: async ({ arguments: [path = ''], options, terminal: { paint } }) => {
    const library = await givenLibrary(options)
    const bytes = await readFileArgument(path, maxArchiveBytes)
    const { archive, failures } = await inspectArchive(bytes)
    if (!archive || failures[0]) throw failures[0] ?? new Error('no archive')
    const { claims } = archive
    const keys = {
      issuer: await findPairOf(claims.issuer, options.text('issuer'), '--issuer', options),
      subject: await findPairOf(claims.subject, options.text('subject'), '--subject', options),
    }
    const inserted = await insertIntoArchive(bytes, library.target, library.bytes, {
      issuer: keys.issuer.pair,
      subject: keys.subject.pair,
    })
    await writeWhole(path, inserted)
    const { archive: next } = await inspectArchive(inserted)
    const libraries = next?.libraries ?? []
    const replaced = archive.libraries.some(({ target }) => target === library.target)
    const text = [
      `${replaced ? 'Replaced' : 'Added'} ${library.target} in ${paint('strong', path)}`,
      ...libraryRows(libraries).map(([label, value]) => `  ${label.padEnd(10)} ${value}`),
    ]
    return {
      text: text.join('\n'),
      data: { file: path, target: library.target, replaced, targets: libraries },
    }
  },
}
