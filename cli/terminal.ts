import { styleText } from 'node:util'

/** Where a command reads its surroundings and writes what it has to say. */
export interface Terminal {
  /** Whether commands print JSON, and errors too. */
  readonly json: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  /** Writes a line to standard output. */
  print(line: string): void
  /** Writes a line to standard error: notes that are no part of the result. */
  note(line: string): void
  /**
   * Shows how far something is: replaces what it last showed on standard error, and with an empty text
   * removes it. Does nothing where that is no terminal, or programs read along.
   */
  status(text: string): void
  /** How many columns standard output shows, where it is a terminal. */
  readonly columns: number | undefined
  /** Colours a text for standard output, where that is a terminal that wants colours. */
  readonly paint: Paint
  /** The same for standard error. */
  readonly paintNote: Paint
}

/** Gives `text` a meaning that terminals show as a colour. */
export type Paint = (style: 'good' | 'bad' | 'warn' | 'strong' | 'dim', text: string) => string

const formats = {
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  strong: 'bold',
  dim: 'dim',
} as const

/** The process's own terminal. */
export function processTerminal(json: boolean): Terminal {
  return {
    json,
    env: process.env,
    print: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
    status: (text) => {
      if (!json && process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
    },
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    paint: painter(process.stdout),
    paintNote: painter(process.stderr),
  }
}

/** `styleText` asks the stream, NO_COLOR and FORCE_COLOR whether to colour. */
export function painter(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(formats[style], text, { stream, validateStream: true })
}

/**
 * Makes text from outside harmless on a terminal: control characters, which could move the cursor or
 * recolour the screen, and what turns text around or is not seen, are shown as escapes.
 */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
