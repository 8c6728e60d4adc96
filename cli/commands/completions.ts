import type { Command } from '../command.ts'
import { commandTable } from '../commands.ts'
import { bashScript } from '../completion-scripts/bash.ts'
import { fishScript } from '../completion-scripts/fish.ts'
import { type CompletionNode, completionNodes } from '../completion-scripts/model.ts'
import { pwshScript } from '../completion-scripts/pwsh.ts'
import { zshScript } from '../completion-scripts/zsh.ts'

const scripts: Readonly<Record<string, (nodes: readonly CompletionNode[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  pwsh: pwshScript,
}

/** `wash-ts completions` */
export const completions: Command = {
  name: 'completions',
  summary: 'print a completion script for a shell',
  description: [
    'Prints a script that makes the shell complete commands, flags, their values and files. The first lines of the script say where to put it.',
  ],
  positionals: [{ name: 'SHELL', required: true, choices: Object.keys(scripts) }],
  options: {},
  examples: [['eval "$(wash-ts completions bash)"', 'for this bash, at once']],
  run: async ({ arguments: [shell = ''] }) => {
    const commands = await Promise.all(commandTable.map(({ load }) => load()))
    const script = scripts[shell]?.(completionNodes(commands)) ?? ''
    return { text: script, data: { shell, script } }
  },
}
