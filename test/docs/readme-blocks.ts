/** One fenced block of a Markdown file. */
export interface MarkdownBlock {
  readonly language: string
  readonly text: string
  /** The line of the file on which the text begins, from 1. */
  readonly line: number
}

/** Finds all fenced blocks. */
export function readmeBlocks(markdown: string): MarkdownBlock[] {
  const blocks: MarkdownBlock[] = []
  let open: { language: string; line: number; lines: string[] } | undefined
  markdown.split('\n').forEach((line, index) => {
    const fence = /^ *```(.*)$/.exec(line)
    if (fence && open) {
      blocks.push({ language: open.language, text: open.lines.join('\n'), line: open.line })
      open = undefined
    } else if (fence) open = { language: (fence[1] ?? '').trim(), line: index + 2, lines: [] }
    else open?.lines.push(line)
  })
  return blocks
}
