/** One line of the report: a figure of ours beside the plain server's. */
export interface Row {
  readonly measure: string
  readonly unit: string
  /** The model asked directly; absent where that means nothing. */
  readonly model?: number | undefined
  readonly plain?: number | undefined
  readonly ours: number | undefined
  readonly aim?: Aim | undefined
}

/** What the figure should be: relative to the plain server's, or in the row's unit. */
export interface Aim {
  readonly of: 'ratio' | 'value'
  readonly least?: number
  readonly most?: number
}

const headings = ['', 'model', 'plain', 'ours', 'ours/plain', 'aim', '']

/** A table for people, a line for each row. */
export function formatTable(rows: readonly Row[]): string {
  const lines = [headings, ...rows.map(toCells)]
  const widths = headings.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)))
  const toLine = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return `${lines.map(toLine).join('\n')}\n`
}

function toCells(row: Row): readonly string[] {
  const ratio = toRatio(row)
  return [
    `${row.measure} (${row.unit})`,
    formatNumber(row.model),
    formatNumber(row.plain),
    formatNumber(row.ours),
    ratio === undefined ? '' : `${ratio.toFixed(2)}x`,
    row.aim === undefined ? '' : formatAim(row.aim, row.unit),
    row.aim === undefined ? '' : formatVerdict(row.aim, row.aim.of === 'ratio' ? ratio : row.ours),
  ]
}

function toRatio({ plain, ours }: Row): number | undefined {
  return plain === undefined || ours === undefined ? undefined : ours / plain
}

function formatAim({ of, least, most }: Aim, unit: string): string {
  const suffix = of === 'ratio' ? 'x' : ` ${unit}`
  return least === undefined ? `at most ${most}${suffix}` : `at least ${least}${suffix}`
}

function formatVerdict(
  { least = 0, most = Number.POSITIVE_INFINITY }: Aim,
  value: number | undefined,
): string {
  if (value === undefined) return 'not measured'
  return value >= least && value <= most ? 'met' : 'MISSED'
}

function formatNumber(value: number | undefined): string {
  if (value === undefined) return ''
  return value >= 100 ? value.toFixed(0) : value.toFixed(2)
}
