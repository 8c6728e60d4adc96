import type { CompletionFlag, CompletionNode } from './model.ts'

/** A completion script for fish. */
export function fishScript(nodes: readonly CompletionNode[]): string {
  return `# wash-ts completion for fish: wash-ts completions fish > ~/.config/fish/completions/wash-ts.fish
function __wash_ts_at
    set -l typed (string match -v -- '-*' (commandline -opc)[2..-1])
    test "$argv[1]" = exactly; and test "$typed" = "$argv[2]"; and return 0
    test "$argv[1]" = below; and string match -q -- "$argv[2]*" "$typed"
end
complete -c wash-ts -f
${nodes.flatMap(nodeLines).join('\n')}`
}

function nodeLines({ path, words, flags, files, running }: CompletionNode): string[] {
  const exactly = condition('exactly', path)
  const below = condition('below', path)
  return [
    ...words.map(
      ({ word, summary }) => `complete -c wash-ts ${exactly} -a ${word} -d ${quote(summary)}`,
    ),
    ...flags.map((flag) => `complete -c wash-ts ${below} ${flagArguments(flag)}`),
    ...(running.length === 0
      ? []
      : [`complete -c wash-ts ${below} -a '(wash-ts get names ${running.join(' ')} 2>/dev/null)'`]),
    ...(files === undefined ? [] : [`complete -c wash-ts ${below} -F`]),
  ]
}

function flagArguments({ spellings, summary, takesValue, choices, files }: CompletionFlag): string {
  const names = spellings.map((spelling) =>
    spelling.startsWith('--') ? `-l ${spelling.slice(2)}` : `-s ${spelling.slice(1)}`,
  )
  const value = takesValue ? [files === undefined ? '-x' : '-rF'] : []
  const list = choices.length > 0 ? [`-a ${quote(choices.join(' '))}`] : []
  return [...names, ...value, ...list, `-d ${quote(summary)}`].join(' ')
}

function condition(kind: 'exactly' | 'below', path: string): string {
  return `-n ${quote(`__wash_ts_at ${kind} "${path}"`)}`
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
