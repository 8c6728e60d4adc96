/**
 * The words of a plain command line: quotes and backslashes as in a POSIX shell.
 *
 * @returns `undefined` for one that needs a shell: with variables, patterns, pipes or several commands
 */
export function shellWords(line: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  for (let index = 0; index < line.length; index++) {
    const character = line[index] ?? ''
    if (character === ' ' || character === '\t') {
      if (word !== undefined) words.push(word)
      word = undefined
      continue
    }
    if (character === "'" || character === '"') {
      const end = line.indexOf(character, index + 1)
      const quoted = line.slice(index + 1, end)
      if (end < 0 || (character === '"' && /[$`\\]/.test(quoted))) return undefined
      word = (word ?? '') + quoted
      index = end
      continue
    }
    if (character === '\\') {
      index += 1
      if (index === line.length || line[index] === '\n') return undefined
      word = (word ?? '') + (line[index] ?? '')
      continue
    }
    const isSpecial = /[\n;&|<>$`()*?[\]{}!]/.test(character)
    if (isSpecial || (word === undefined && /[~#]/.test(character))) return undefined
    word = (word ?? '') + character
  }
  if (word !== undefined) words.push(word)
  return words
}
