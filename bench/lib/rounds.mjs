/** Fair measuring: every subject once, then every subject again (A B A B …), and the median of each. */

export const median = values => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** How far apart the rounds were. */
export const spread = values => {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const digits = value => (value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3))
  return values.length > 1 ? `${digits(least)} … ${digits(most)} in ${values.length} rounds` : ''
}

/** Seconds that one call of `operation` takes, called for about `seconds`, `batch` calls between looks at the clock. */
export const time = (operation, seconds, batch = 100) => {
  const began = performance.now()
  const until = began + seconds * 1000
  let count = 0
  let now = began
  do {
    for (let i = 0; i < batch; i++) operation()
    count += batch
    now = performance.now()
  } while (now < until)
  return (now - began) / 1000 / count
}

/**
 * Measures subjects `{ name, measure(seconds) }` in turn, after one round that does not count.
 *
 * @returns a Map from name to the values of the rounds, or to the Error that ended them
 */
export const inTurn = async (subjects, { rounds = 5, seconds = 1, warmUp = 1 }) => {
  const results = new Map(subjects.map(({ name }) => [name, []]))
  for (let round = -warmUp; round < rounds; round++) {
    for (const { name, measure } of subjects) {
      const values = results.get(name)
      if (values instanceof Error) continue
      try {
        const value = await measure(seconds)
        if (round >= 0) values.push(value)
      } catch (error) {
        results.set(name, error instanceof Error ? error : new Error(String(error)))
      }
    }
  }
  return results
}

/** Puts what `inTurn` found into the report, one line a subject. */
export const tell = (report, bench, results, unit, notes = new Map()) => {
  for (const [name, values] of results) {
    if (values instanceof Error) report.fail(bench, name, values.message)
    else
      report.add(
        bench,
        name,
        median(values),
        unit,
        [notes.get(name), spread(values)].filter(Boolean).join('; '),
      )
  }
}

/** What sipactor is aimed at: so many times the package `sip`, in the same run; and how it stands to a checkout before. */
export const tellRatio = (report, bench, values) => {
  const ours = values.get('sipactor')
  for (const other of ['sip', 'baseline']) {
    const theirs = values.get(other)
    if (Array.isArray(ours) && Array.isArray(theirs) && ours.length > 0 && theirs.length > 0)
      report.add(`${bench}.ratio`, 'sipactor', median(ours) / median(theirs), `× ${other}`)
  }
}

/** Only those asked for. */
export const chosen = (subjects, wanted) =>
  wanted === undefined ? subjects : subjects.filter(({ name }) => wanted.includes(name))
