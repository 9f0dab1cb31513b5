/**
 * Charts are what the machines are: `visualizer/layouts/*.json` and the pictures in `docs/machines/`, made of the same
 * layouts. `SIPACTOR_WRITE_DOCS=1 npx vitest run test/visualizer/layouts` rewrites both.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { layoutOf, layoutsPath, layoutText, writeLayouts } from '../../visualizer/scripts/layouts.mjs'
import { pictureOf } from '../../visualizer/src/chart/picture.ts'
import { type ChartFile, drawn } from '../../visualizer/src/chart/types.ts'
import { ourMachines } from '../support/subjects.ts'

const pictures = new URL('../../docs/machines/', import.meta.url)
const names = Object.keys(ourMachines).sort()
const committed = (name: string): string => readFileSync(`${layoutsPath}/${name}.json`, 'utf8')
const layouts: Record<string, ChartFile> = {}

beforeAll(async () => {
  const writing = process.env.SIPACTOR_WRITE_DOCS === '1'
  if (writing) await writeLayouts(ourMachines)
  for (const name of names) layouts[name] = JSON.parse(committed(name)) as ChartFile
  if (!writing) return
  mkdirSync(pictures, { recursive: true })
  for (const file of readdirSync(pictures))
    if (!names.includes(file.slice(0, -4))) rmSync(new URL(file, pictures))
  for (const name of names)
    writeFileSync(new URL(`${name}.svg`, pictures), pictureOf(drawn(layouts[name]!, 'full')))
})

describe('layouts', () => {
  it('are there for every machine, and for no other', () => {
    expect(readdirSync(layoutsPath).sort()).toEqual(names.map(name => `${name}.json`))
    expect(readdirSync(pictures).sort()).toEqual(names.map(name => `${name}.svg`))
  })

  it.each(names)('of %s are current, and come out the same each time', async name => {
    expect(layoutText(await layoutOf(ourMachines[name]!))).toBe(committed(name))
  })

  it.each(names)('of %s are what its picture in the documentation shows', name => {
    expect(readFileSync(new URL(`${name}.svg`, pictures), 'utf8')).toBe(
      pictureOf(drawn(layouts[name]!, 'full')),
    )
  })
})
