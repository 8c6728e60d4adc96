import type { CompletionNode } from './model.ts'

/** A completion script for PowerShell. */
export function pwshScript(nodes: readonly CompletionNode[]): string {
  return `# wash-ts completion for PowerShell: wash-ts completions pwsh | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName wash-ts -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $nodes = [ordered]@{
${nodes.map(nodeEntry).join('\n')}
  }
  $typed = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -ne '' -and $typed.Count -gt 0) { $typed = @($typed | Select-Object -SkipLast 1) }
  $previous = if ($typed.Count -gt 0) { $typed[-1] } else { '' }
  $path = (@($typed | Where-Object { -not $_.StartsWith('-') }) -join ' ')
  foreach ($key in $nodes.Keys) {
    if ($key -ne '' -and $path -ne $key -and -not $path.StartsWith("$key ")) { continue }
    $node = $nodes[$key]
    $candidates = if ($node.Values.ContainsKey($previous)) { $node.Values[$previous] }
      elseif ($wordToComplete.StartsWith('-')) { $node.Flags }
      elseif ($node.Running) { @($node.Words) + @(wash-ts get names $node.Running 2>$null) }
      else { $node.Words }
    $candidates | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
      [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
    return
  }
}`
}

function nodeEntry({ path, words, flags, running }: CompletionNode): string {
  const values = flags
    .filter(({ choices }) => choices.length > 0)
    .flatMap(({ spellings, choices }) =>
      spellings.map((spelling) => `${quote(spelling)} = ${list(choices)}`),
    )
  const spellings = flags.flatMap((flag) => flag.spellings)
  const names = words.map(({ word }) => word)
  return `    ${quote(path)} = @{ Words = ${list(names)}; Flags = ${list(spellings)}; Values = @{ ${values.join('; ')} }; Running = ${list(running)} }`
}

function list(texts: readonly string[]): string {
  return `@(${texts.map(quote).join(', ')})`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
