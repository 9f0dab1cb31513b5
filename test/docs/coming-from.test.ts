/**
 * docs/coming-from.md has each name of the four systems of old, and only those, and every counterpart that it gives is public:
 * it stands in test/public-api.txt, and a state of it among what its type can be.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { symbianErrors } from '../support/symbian-errors.ts'
import { oldNames } from './old-names.ts'

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/coming-from.md'), 'utf8')

interface Row {
  readonly line: number
  readonly old: readonly string[]
  readonly here: string
  readonly notes: string
}

const spans = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!)

/** The rows under each `###`, which is a class or a group of names of old. */
const sections = (markdown: string): ReadonlyMap<string, readonly Row[]> => {
  const found = new Map<string, Row[]>()
  let rows: Row[] | undefined
  for (const [index, text] of markdown.split('\n').entries()) {
    const [, title] = /^### (.*)$/.exec(text) ?? []
    if (title !== undefined) {
      expect(found.has(title), `${title} is there twice`).toBe(false)
      found.set(title, (rows = []))
    } else if (/^##? /.test(text)) rows = undefined
    else if (rows && text.startsWith('|') && !/^\|( old \||---)/.test(text)) {
      const cells = text.split('|').slice(1, -1)
      expect(cells, `line ${index + 1}`).toHaveLength(3)
      const [old, here, notes] = cells.map(cell => cell.trim()) as [string, string, string]
      rows.push({ line: index + 1, old: spans(old), here, notes })
    }
  }
  return found
}

/** Names, their members, and the text of both, of all entry points. */
const publicApi = (() => {
  const declarations = new Map<string, { readonly members: Map<string, string>; text: string }>()
  let current: { readonly members: Map<string, string>; text: string } | undefined
  for (const line of readFileSync(join(root, 'test/public-api.txt'), 'utf8').split('\n')) {
    const [, name] = /^ {2}(?:class|interface|type|const) ([\w$]+)/.exec(line) ?? []
    if (name !== undefined) {
      // The same name may stand for two things, such as a call's events and those of its machine.
      current = declarations.get(name) ?? { members: new Map(), text: '' }
      declarations.set(name, current)
    }
    if (!current) continue
    current.text += `${line}\n`
    const [, member, type] = /^ {4}([^:?]+)\??: (.*)$/.exec(line) ?? []
    if (member !== undefined) current.members.set(member, type!)
  }
  return declarations
})()

/** `name`, `Type.member`, `Type.method()`; with a state, an option or the kind of an event: `Type 'state'`, `ofType('info')`. */
const isPublic = (counterpart: string): boolean => {
  const [, name, member, kind, state = kind] =
    /^(\w+)(?:\.([\w$-]+))?(?:\(\)|\('([\w.-]+)'\)| '([\w.-]+)')?$/.exec(counterpart) ?? []
  const declaration = name === undefined ? undefined : publicApi.get(name)
  if (!declaration || name === undefined) return false
  const type = member === undefined ? declaration.text : declaration.members.get(member)
  if (type === undefined) return false
  return state === undefined || type.includes(`"${state}"`)
}

const found = sections(page)
const rows = [...found.values()].flat()

describe('docs/coming-from.md', () => {
  it.each(Object.entries(oldNames))('has the names of %s, each once', (title, names) => {
    expect((found.get(title) ?? []).flatMap(({ old }) => old).sort()).toEqual([...names].sort())
  })

  it('has no others', () => {
    expect([...found.keys()]).toEqual(Object.keys(oldNames))
    expect(rows.filter(({ old }) => old.length === 0)).toEqual([])
  })

  it('names counterparts that are public, or says why there is none', () => {
    const wrong = rows.flatMap(({ line, here, notes }) => {
      const named = spans(here)
      if (named.length === 0) {
        return here === 'none' && notes.length > 20 ? [] : [`${line}: neither a counterpart nor a reason`]
      }
      const rest = here.replace(/`[^`]+`/g, '').replace(/[\s,]/g, '')
      if (rest !== '') return [`${line}: ${rest}`]
      return named.filter(name => !isPublic(name)).map(name => `${line}: ${name}`)
    })
    expect(wrong).toEqual([])
  })

  it('has the error codes of docs/errors.md', () => {
    const here = new Map(rows.flatMap(({ old, here }) => old.map(name => [name, spans(here)[0]] as const)))
    for (const [, name, ours] of symbianErrors) {
      expect([name, here.get(name)]).toEqual([name, ours && `SipErrorCode '${ours}'`])
    }
  })

  it('would tell if a name were not public', () => {
    const public_ = [
      'createSip',
      'Call.hold()',
      "CallState 'early'",
      "ofType('info')",
      "SubscriptionState 'pending'",
    ]
    expect(public_.filter(name => !isPublic(name))).toEqual([])
    const others = [
      'createSips',
      'Call.holds()',
      "CallState 'gone'",
      "ofType('infos')",
      'Call.',
      '.hold',
      'call.hold()',
    ]
    expect(others.filter(isPublic)).toEqual([])
  })

  it('is found from README.md', () => {
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('(docs/coming-from.md)')
  })
})
