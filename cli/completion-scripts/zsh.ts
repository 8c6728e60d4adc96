import type { CompletionFlag, CompletionNode } from './model.ts'

/** A completion script for zsh. */
export function zshScript(nodes: readonly CompletionNode[]): string {
  return `#compdef wash-ts
# wash-ts completion for zsh: put it into a file _wash-ts in a folder of $fpath, or
# source <(wash-ts completions zsh)
_wash_ts() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]} typed='' i
  local -a choices
  for ((i = 2; i < CURRENT; i++)); do
    [[ \${words[i]} == -* ]] || typed+="\${typed:+ }\${words[i]}"
  done
  case "$typed" in
${nodes.map(nodeCase).join('\n')}
  esac
}
if [[ \${funcstack[1]:-} == _wash_ts ]]; then _wash_ts "$@"; else compdef _wash_ts wash-ts; fi`
}

function nodeCase({ path, words, flags, files, running }: CompletionNode): string {
  const pattern = path === '' ? '*' : `'${path}'|'${path} '*`
  const values = flags.filter(({ takesValue }) => takesValue).map(valueCase)
  const lines = [`    ${pattern})`]
  if (values.length > 0) lines.push('      case "$prev" in', ...values, '      esac')
  if (flags.length > 0) {
    const described = flags.flatMap(({ spellings, summary }) =>
      spellings.map((spelling) => describe(spelling, summary)),
    )
    lines.push(
      `      [[ $cur == -* ]] && { choices=(${described.join(' ')}); _describe flag choices; return }`,
    )
  }
  if (words.length > 0) {
    const described = words.map(({ word, summary }) => describe(word, summary))
    lines.push(`      choices=(${described.join(' ')}); _describe command choices`)
  }
  if (running.length > 0) {
    lines.push(`      compadd -- \${(f)"$(wash-ts get names ${running.join(' ')} 2>/dev/null)"}`)
  }
  if (files !== undefined) lines.push(`      ${fileReply(files)}`)
  return [...lines, '      ;;'].join('\n')
}

function valueCase({ spellings, choices, files }: CompletionFlag): string {
  const reply =
    choices.length > 0
      ? `compadd -- ${choices.join(' ')}`
      : files === undefined
        ? ':'
        : fileReply(files)
  return `        ${spellings.join('|')}) ${reply}; return ;;`
}

function describe(word: string, summary: string): string {
  return `'${word}:${summary.replaceAll("'", '’').replaceAll(':', '\\:')}'`
}

function fileReply(ending: string): string {
  return ending === '' ? '_files' : `_files -g '*${ending}'`
}
