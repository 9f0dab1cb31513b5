import { describe, expect, it } from 'vitest'
import { beginSearch, goOn, namesPlaces, type Search } from '../../src/rules/redirect.ts'
import { reply, sipUri } from './support.ts'

const search = (uri = 'sip:bob@example.com') => beginSearch(sipUri(uri))
const moved = (contact: string | undefined, status = 302) => reply(status, { Contact: contact })
const targets = (from: Search | undefined): string[] =>
  from ? [from.at.uri, ...from.leads.map(({ uri }) => uri)] : []

describe('redirections (RFC 3261 §8.1.3.4)', () => {
  it.each([
    [300, true],
    [301, true],
    [302, true],
    [305, false],
    [380, false],
    [404, false],
  ])('%i names places: %s', (status, names) => expect(namesPlaces(status)).toBe(names))

  it.each([
    [
      '<sip:a@h>;q=0.1, <sip:b@h>;q=0.9, <sip:c@h>',
      ['sip:c@h', 'sip:b@h', 'sip:a@h'],
      'the heaviest first, none is 1',
    ],
    ['<sip:a@h>, <sip:b@h>', ['sip:a@h', 'sip:b@h'], 'the same weight in its order'],
    ['<sip:a@h>, <SIP:a@H>', ['sip:a@h'], 'each once (§19.1.4)'],
    ['<sip:bob@example.com>, <sip:a@h>', ['sip:a@h'], 'not where it was'],
    ['<tel:+1555>, <mailto:x@y>, <sip:a@h>', ['sip:a@h'], 'only SIP URIs'],
    ['<sip:a@h?Route=x&Subject=y>', ['sip:a@h'], 'without headers'],
    ['<sip:a@h;method=REGISTER>', ['sip:a@h'], 'without method (§19.1.1)'],
    ['<sip:a@h;transport=tcp>', ['sip:a@h;transport=tcp'], 'with its parameters'],
    [
      '<sip:1@h>, <sip:2@h>, <sip:3@h>, <sip:4@h>, <sip:5@h>, <sip:6@h>',
      [1, 2, 3, 4, 5].map(n => `sip:${n}@h`),
      'five at most',
    ],
  ])('%s: %s, %s', (contact, expected) => expect(targets(goOn(search(), moved(contact)))).toEqual(expected))

  it.each([['*'], [undefined], ['<sip:broken']])('a Contact of %s leads nowhere', contact =>
    expect(goOn(search(), moved(contact))).toBeUndefined(),
  )

  it('never gives up sips:', () => {
    const secure = search('sips:bob@example.com')
    expect(goOn(secure, moved('<sip:a@h>'))).toBeUndefined()
    expect(targets(goOn(secure, moved('<sip:a@h>, <sips:b@h>;q=0.1')))).toEqual(['sips:b@h'])
    expect(targets(goOn(search(), moved('<sips:a@h>')))).toEqual(['sips:a@h'])
  })

  it('tries what a target names before what was left', () => {
    const first = goOn(search(), moved('<sip:a@h>, <sip:b@h>'))!
    expect(targets(goOn(first, moved('<sip:c@h>, <sip:a@h>')))).toEqual(['sip:c@h', 'sip:b@h'])
    expect(targets(goOn(first, reply(486)))).toEqual(['sip:b@h'])
    expect(targets(goOn(first, undefined))).toEqual(['sip:b@h'])
  })

  it('ends with a 6xx, with the last target, and after five', () => {
    const first = goOn(search(), moved('<sip:a@h>, <sip:b@h>'))!
    expect(goOn(first, reply(603))).toBeUndefined()
    expect(goOn(goOn(first, reply(486))!, reply(486))).toBeUndefined()
    let at: Search | undefined = search()
    let count = 0
    for (; at && count < 20; count += 1) at = goOn(at, moved(`<sip:next-${count}@h>`))
    expect(count).toBe(6)
  })
})
