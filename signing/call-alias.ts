/** The name an actor may be called by in code, instead of its key. */

/**
 * A call alias as wascap writes it: lower case, no surrounding space, ASCII only, and `_` for each
 * space, `-` and `.`. May leave an empty text.
 */
export function normaliseCallAlias(alias: string): string {
  return alias
    .toLowerCase()
    .trim()
    .replaceAll(/[^\u0000-\u007f]/gu, '')
    .replaceAll(/[ \-.]/gu, '_')
}
