/** Every row of docs/scenarios.md has a test that says its number, or stands here among those that are not done yet. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

/** Not done yet, by what they wait for. */
const later: Readonly<Record<string, string>> = {}
/** Rows of which a part is not done yet: what. */
const partly: Readonly<Record<string, string>> = {}

const root = new URL('../../', import.meta.url)
const rows = [
  ...readFileSync(new URL('docs/scenarios.md', root), 'utf8').matchAll(/^\| ([A-I]\d\d) \|/gm),
].map(([, number]) => number!)

/** Literals of the tests, which is where their names are; comments are none. */
const named = (): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const file of readdirSync(new URL('test/', root), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.test.ts') || file.endsWith('coverage.test.ts')) continue
    const text = readFileSync(new URL(`test/${file}`, root), 'utf8').replaceAll(
      /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm,
      '',
    )
    for (const [literal] of text.matchAll(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\\n]|\\.)*"/g))
      for (const [number] of literal.matchAll(/\b[A-I]\d\d\b/g)) found.add(number)
  }
  return found
}

it('every scenario has a test by its number, but for those that are listed as not done yet', () => {
  const open = Object.values(later).flatMap(numbers => numbers.split(' '))
  expect(rows).toHaveLength(150)
  expect(open.filter(number => !rows.includes(number))).toEqual([])
  expect(Object.keys(partly).filter(number => !rows.includes(number) || open.includes(number))).toEqual([])
  const tested = named()
  expect(rows.filter(number => !tested.has(number) && !open.includes(number))).toEqual([])
  // Whoever does one takes it off the list.
  expect(open.filter(number => tested.has(number))).toEqual([])
})
