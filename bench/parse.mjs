/** `bench parse`: messages per second, every parser on the same ten messages. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { corpus, corpusFiles } from './lib/corpus.mjs'
import { parsers } from './lib/parsers.mjs'
import { chosen, inTurn, tell, tellRatio, time } from './lib/rounds.mjs'
import { sofiaProgram } from './lib/sofia.mjs'

/** Which messages a parser refuses, and with what words. */
const refusals = parse =>
  corpus.flatMap(({ name, bytes }) => {
    try {
      return parse(bytes) ? [] : [name]
    } catch (error) {
      return [`${name} (${error.message})`]
    }
  })

const messages = corpus.map(({ bytes }) => bytes)

/** Kept, so that no engine may leave the work out. */
let sink = 0

const subjectOf = (name, parse) => ({
  name,
  measure: seconds =>
    messages.length /
    time(
      () => {
        for (const bytes of messages) if (parse(bytes) === undefined) sink++
      },
      seconds,
      20,
    ),
})

const sofia = report => {
  const program = sofiaProgram('sofia-parse')
  if (program.reason) {
    report.miss('parse', 'sofia-sip', program.reason)
    return []
  }
  const files = corpusFiles.map(url => fileURLToPath(url))
  const measure = seconds => {
    const { status, stdout, stderr } = spawnSync(program.path, [String(seconds), ...files], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(stderr.trim().split('\n')[0] || 'the program failed')
    return Number(stdout)
  }
  return [{ name: 'sofia-sip', measure }]
}

const take = async (bench, subjects, settings, report) => {
  const notes = new Map()
  const usable = []
  for (const { name, parse, measure } of subjects) {
    if (measure) {
      usable.push({ name, measure })
      continue
    }
    const refused = refusals(parse)
    if (refused.length > 0) notes.set(name, `refuses ${refused.join(', ')}`)
    if (refused.length < messages.length && !refused.some(text => text.includes('(')))
      usable.push(subjectOf(name, parse))
    else report.fail(bench, name, notes.get(name))
  }
  report.say(`${bench}: ${usable.map(({ name }) => name).join(', ')} …`)
  const results = await inTurn(usable, { ...settings, warmUp: 2 })
  tell(report, bench, results, 'messages/s', notes)
  tellRatio(report, bench, results)
}

export const run = async ({ subjects, rounds = 5, seconds = 1 }, report) => {
  const all = await parsers()
  const pick = list => chosen(list, subjects)
  const settings = { rounds, seconds }
  const wantsSofia = subjects === undefined || subjects.includes('sofia-sip')
  await take('parse', [...pick(all), ...(wantsSofia ? sofia(report) : [])], settings, report)
  const typing = all.filter(({ typed }) => typed).map(({ name, typed }) => ({ name, parse: typed }))
  await take('parse.typed', pick(typing), settings, report)
  if (sink > 0) report.say(`${sink} parses gave nothing`)
}
