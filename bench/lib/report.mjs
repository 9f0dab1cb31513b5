/** Results: a table for people, or one JSON object a line. Everything that is no result goes to stderr. */

/** Three or four figures are all that a measurement carries. */
const figures = value =>
  Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)))

const table = rows => {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  const line = row =>
    row
      .map((cell, column) => (column === 2 ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  ')
      .trimEnd()
  return rows.map(line).join('\n')
}

/** `add` for a figure, `miss` for a subject that gave none, `say` for progress, `print` at the end of a bench. */
export const createReport = json => {
  const rows = []
  const report = {
    failed: false,
    say: text => console.error(text),
    add: (bench, subject, value, unit, note = '') => {
      if (json) console.log(JSON.stringify({ bench, subject, value: Number(value.toPrecision(5)), unit }))
      else rows.push([bench, subject, figures(value), unit, note])
      if (json && note !== '') report.say(`${bench}, ${subject}: ${note}`)
    },
    /** Not there on this machine, or cannot do it: told, no failure. */
    miss: (bench, subject, reason) => {
      if (json) report.say(`${bench}, ${subject}: ${reason}`)
      else rows.push([bench, subject, '–', '', reason])
    },
    fail: (bench, subject, reason) => {
      report.failed = true
      report.miss(bench, subject, reason)
    },
    print: () => {
      if (rows.length > 0)
        console.log('\n' + table([['bench', 'subject', 'value', 'unit', ''], ...rows]) + '\n')
      rows.length = 0
    },
  }
  return report
}
