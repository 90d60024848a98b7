/** A column of {@link formatTable}. */
export interface TableColumn {
  readonly title: string
  /** Longer cells wrap between words. */
  readonly maxWidth: number
  /** Colours a padded piece of a cell of a row. */
  readonly paint?: ((piece: string, row: number) => string) | undefined
}

/** Aligns rows of cells under their titles; no line ends with spaces. */
export function formatTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const wrapped = rows.map((row) => columns.map(({ maxWidth }, index) => wrap(row[index] ?? '', maxWidth)))
  const widths = columns.map(({ title }, index) =>
    Math.max(
      title.length,
      ...wrapped.map((row) => Math.max(0, ...(row[index] ?? []).map((piece) => piece.length))),
    ),
  )
  const lines = [
    columns
      .map(({ title }, index) => title.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  ]
  wrapped.forEach((row, rowIndex) => {
    const height = Math.max(...row.map((pieces) => pieces.length))
    for (let line = 0; line < height; line++) {
      const cells = columns.map(({ paint }, index) => {
        const piece = row[index]?.[line] ?? ''
        const isLast = index === columns.length - 1
        const padding = isLast ? '' : ' '.repeat((widths[index] ?? 0) - piece.length)
        return (paint && piece ? paint(piece, rowIndex) : piece) + padding
      })
      lines.push(cells.join('  ').trimEnd())
    }
  })
  return `${lines.join('\n')}\n`
}

function wrap(text: string, maxWidth: number): string[] {
  const pieces: string[] = []
  for (const word of text.split(' ')) {
    const last = pieces.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= maxWidth)
      pieces[pieces.length - 1] = `${last} ${word}`
    else pieces.push(word)
  }
  return pieces
}
