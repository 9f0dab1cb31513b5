/**
 * What is written beside an arrow and inside a state: lines of words, each word with what it is, wrapped to a width.
 * One event with several guards that lead to the same place is one line.
 */

/** Pixels of one character of monospace at 11 px, with a little to spare for other fonts. */
export const charWidth = 6.65
export const lineHeight = 14

const eventWord = ({ event, after }) =>
  after === undefined ? event : /^\d+$/.test(after) ? `after ${Number(after) / 1000} s` : `after ${after}`

/** Words of the transitions of one arrow: `['e' event | 'g' guard | 'a' actions, text]`. */
const sentences = (transitions, withActions) => {
  const groups = new Map()
  for (const transition of transitions) {
    const actions = withActions ? (transition.actions ?? []) : []
    const key = `${transition.event}/${actions.join()}`
    const group = groups.get(key) ?? { word: eventWord(transition), guards: [], actions }
    group.guards.push(transition.guard)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ word, guards, actions }) => {
    const named = [...new Set(guards.filter(guard => guard !== undefined))]
    const words = word === '' ? [] : [['e', word]]
    for (const guard of named) words.push(['g', `[${guard}]`])
    if (named.length > 0 && guards.includes(undefined)) words.push(['g', '[else]'])
    if (actions.length > 0)
      words.push(
        ...actions.map((name, at) => [
          'a',
          `${at === 0 ? '/ ' : ''}${name}${at < actions.length - 1 ? ',' : ''}`,
        ]),
      )
    return words
  })
}

/** Lines of at most `width` characters; what is continued begins with two spaces. */
const wrap = (words, width) => {
  const lines = []
  let line = []
  let used = 0
  for (const [kind, text] of words) {
    if (line.length > 0 && used + 1 + text.length > width) {
      lines.push(line)
      line = []
      used = 2
    }
    const last = line.at(-1)
    const gap = line.length === 0 ? (lines.length === 0 ? '' : '  ') : ' '
    if (last?.[0] === kind) last[1] += gap + text
    else line.push([kind, gap + text])
    used += text.length + (line.length === 1 ? 0 : 1)
  }
  if (line.length > 0) lines.push(line)
  return lines
}

/** Lines of a label; `tail`: words that end each sentence. */
export const linesOf = (transitions, { width, withActions, tail = [] }) =>
  sentences(transitions, withActions).flatMap(words => wrap([...words, ...tail], width))

/** `entry / transmit` and its like. */
export const effectLines = (word, names, width) =>
  names === undefined || names.length === 0
    ? []
    : wrap(
        [
          ['e', word],
          ...names.map((name, at) => [
            'a',
            `${at === 0 ? '/ ' : ''}${name}${at < names.length - 1 ? ',' : ''}`,
          ]),
        ],
        width,
      )

/** Width and height of lines, in pixels. */
export const sizeOf = lines => ({
  width: Math.ceil(
    Math.max(0, ...lines.map(line => line.reduce((sum, [, text]) => sum + text.length, 0))) * charWidth,
  ),
  height: lines.length * lineHeight,
})
