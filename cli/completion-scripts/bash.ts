import type { CompletionFlag, CompletionNode } from './model.ts'

/** A completion script for bash. */
export function bashScript(nodes: readonly CompletionNode[]): string {
  return `# wash-ts completion for bash: eval "$(wash-ts completions bash)"
_wash_ts() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == -* ]] || path+="\${path:+ }\${COMP_WORDS[i]}"
  done
  case "$path" in
${nodes.map(nodeCase).join('\n')}
  esac
}
complete -o filenames -F _wash_ts wash-ts`
}

function nodeCase({ path, words, flags, files, running }: CompletionNode): string {
  const pattern = path === '' ? '*' : `'${path}'|'${path} '*`
  const values = flags.filter(({ takesValue }) => takesValue).map(valueCase)
  const flagWords = flags.flatMap(({ spellings }) => spellings).join(' ')
  const lines = [`    ${pattern})`]
  if (values.length > 0) lines.push('      case "$prev" in', ...values, '      esac')
  if (flagWords !== '') {
    lines.push(
      `      [[ $cur == -* ]] && { COMPREPLY=($(compgen -W '${flagWords}' -- "$cur")); return; }`,
    )
  }
  if (words.length > 0) {
    lines.push(
      `      COMPREPLY=($(compgen -W '${words.map(({ word }) => word).join(' ')}' -- "$cur"))`,
    )
  }
  if (running.length > 0) {
    lines.push(
      `      COMPREPLY+=($(compgen -W "$(wash-ts get names ${running.join(' ')} 2>/dev/null)" -- "$cur"))`,
    )
  }
  if (files !== undefined) lines.push(`      ${fileReply(files)}`)
  return [...lines, '      ;;'].join('\n')
}

function valueCase({ spellings, choices, files }: CompletionFlag): string {
  const reply =
    choices.length > 0
      ? `COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$cur"))`
      : files === undefined
        ? ':'
        : fileReply(files)
  return `        ${spellings.join('|')}) ${reply}; return ;;`
}

function fileReply(ending: string): string {
  const only = ending === '' ? '' : ` -X '!*${ending}'`
  return `COMPREPLY+=($(compgen -f${only} -- "$cur") $(compgen -d -- "$cur"))`
}
