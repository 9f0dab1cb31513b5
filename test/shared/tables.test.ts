/** Nothing crosses the border of the shared server of which nobody has said whose it is and what it takes. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventRows } from '../../src/shared/deliveries.ts'
import { answeredEvents } from '../../src/shared/refusals.ts'
import { commandRows, scopes } from '../../src/shared/scopes.ts'

const engine = join(import.meta.dirname, '../../src/engine')
const sources = ['commands.ts', ...readdirSync(join(engine, 'border')).map(name => `border/${name}`)].map(
  name => readFileSync(join(engine, name), 'utf8'),
)

/** The literals of `readonly type:` in the declarations whose names end so. */
const typesOf = (ending: 'Command' | 'Event'): readonly string[] =>
  sources.flatMap(text =>
    [
      ...text.matchAll(
        new RegExp(
          `^export type \\w*${ending} =([\\s\\S]*?)(?=^(?:export|/\\*\\*|const|interface|type) |\\n\\n\\S|$(?![\\s\\S]))`,
          'gm',
        ),
      ),
    ].flatMap(([, body = '']) =>
      [...body.matchAll(/readonly type: ('[^']+'(?: \| '[^']+')*)/g)].flatMap(([, types = '']) =>
        types.split(' | ').map(type => type.slice(1, -1)),
      ),
    ),
  )

describe('the tables of the shared server', () => {
  it('say of every command what it takes and touches', () => {
    const types = typesOf('Command')
    expect(types.length).toBeGreaterThan(40)
    expect(types.filter(type => !Object.hasOwn(commandRows, type))).toEqual([])
    expect(Object.keys(commandRows).filter(type => !types.includes(type))).toEqual([])
  })

  it('say of every event whom it is for', () => {
    const types = typesOf('Event')
    expect(types.length).toBeGreaterThan(40)
    expect(types.filter(type => !Object.hasOwn(eventRows, type))).toEqual([])
    expect(Object.keys(eventRows).filter(type => !types.includes(type))).toEqual([])
  })

  it('use every scope, and none that is not there', () => {
    const used = new Set(Object.values(commandRows).flatMap(({ needs }) => needs))
    expect([...used].sort()).toEqual([...scopes].sort())
  })

  it('answer only events that are there', () => {
    expect(answeredEvents.filter(type => !Object.hasOwn(eventRows, type))).toEqual([])
  })
})
