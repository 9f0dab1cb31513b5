/** docs/limits.md is what the limits are: `SIPACTOR_WRITE_DOCS=1 npx vitest run test/engine/limits.test.ts` rewrites it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { defaultLimits } from '../../src/engine/limits.ts'
import { limits as messageLimits } from '../../src/message/limits.ts'

const at = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

interface Documented {
  readonly name: string
  readonly text: string
}

/** The members of an interface with what their comments say. */
const documented = (source: string, from: string): readonly Documented[] => {
  const start = source.indexOf(`export interface ${from} `)
  const body = source.slice(start, source.indexOf('\n}\n', start))
  return [...body.matchAll(/\/\*\*([\s\S]*?)\*\/\s+readonly (\w+)\??:/g)].map(([, comment, name]) => ({
    name: name!,
    text: comment!.replaceAll(/\s*\n\s*\*\s*/g, ' ').trim(),
  }))
}

const row = ({ name, text }: Documented, value?: string): string =>
  value === undefined ? `| \`${name}\` | ${text} |` : `| \`${name}\` | ${value} | ${text} |`

const written = (value: number): string => value.toLocaleString('en')

/** Limits of messages, as constants with a comment. */
const constants = (
  source: string,
): readonly { readonly name: string; readonly value: string; readonly text: string }[] =>
  [
    ...source.matchAll(
      /\/\*\*((?:(?!\*\/)[\s\S])*?)\*\/\s+(?:export const |readonly )?(\w+)\s*[=:]\s*([\d_ *]+)[,\n]/g,
    ),
  ].map(([, comment, name, value]) => ({
    name: name!,
    value: value!.trim().replaceAll('_', ',').replaceAll('*', '×'),
    text: comment!.replaceAll(/\s*\n\s*\*\s*/g, ' ').trim(),
  }))

const page = (): string => {
  const engine = documented(at('src/engine/limits.ts'), 'Limits')
  const streams = documented(at('src/node/options.ts'), 'TcpOptions')
  const web = documented(at('src/node/options.ts'), 'WebSocketOptions').filter(({ name }) =>
    /Limit|PerPeer|Timeout|Interval/.test(name),
  )
  const messages = constants(at('src/message/limits.ts'))
  const value = (name: string): string => written(defaultLimits[name as keyof typeof defaultLimits])
  return `# Limits

Everything that can grow has an end, and each end is told. This page is written by \`test/engine/limits.test.ts\` from the sources.

## Of the engine

\`createSip({ limits: { … } })\`; over all connections where it does not say otherwise.

| limit | default | |
|---|---|---|
${engine.map(one => row(one, value(one.name))).join('\n')}

## Of a message

What is longer is malformed: 400 where it can be answered, \`malformed\` on \`events$\`.

| limit | value | |
|---|---|---|
${messages.map(({ name, value: own, text }) => `| \`${name}\` | ${own} | ${text} |`).join('\n')}

## Of a stream in Node

\`node({ tcp: { … }, tls: { … } })\`; what was refused or given up is told on \`errors$\` of the connection.

| limit | |
|---|---|
${streams.map(one => row(one)).join('\n')}

\`node({ webSocket: { … } })\`:

| limit | |
|---|---|
${web.map(one => row(one)).join('\n')}
`
}

it('docs/limits.md says what the limits are', () => {
  const made = page()
  const path = new URL('../../docs/limits.md', import.meta.url)
  if (process.env.SIPACTOR_WRITE_DOCS === '1') writeFileSync(path, made)
  expect(readFileSync(path, 'utf8')).toBe(made)
})

it('every limit of the engine has a default and says it', () => {
  const engine = documented(at('src/engine/limits.ts'), 'Limits')
  expect(engine.map(({ name }) => name)).toEqual(Object.keys(defaultLimits))
  for (const { name, text } of engine) expect([name, /Default /.test(text)]).toEqual([name, true])
})

it('every limit of a message is told', () => {
  const told = constants(at('src/message/limits.ts'))
  expect(told.map(({ name, value }) => [name, value])).toEqual(
    Object.entries(messageLimits).map(([name, value]) => [name, written(value)]),
  )
})

it('the defaults that comments name are those', () => {
  for (const { name, text } of documented(at('src/engine/limits.ts'), 'Limits')) {
    const value = defaultLimits[name as keyof typeof defaultLimits]
    const said = /Default ([\d,]+)( s| h)?|Default one hour/.exec(text)!
    const number = said[1] === undefined ? 3_600_000 : Number(said[1].replaceAll(',', ''))
    const unit = said[2] === ' s' ? 1000 : said[2] === ' h' ? 3_600_000 : 1
    expect([name, number * unit]).toEqual([name, value])
  }
})
