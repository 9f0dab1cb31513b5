/** Two SIP messages side by side. */
import { describe, expect, it } from 'vitest'
import { compareMessages, type DiffRow, partsOf } from '../../visualizer/src/diff/compare.ts'
import { byWord, common } from '../../visualizer/src/diff/words.ts'

const message = (start: string, headers: readonly string[], body = ''): string =>
  [start, ...headers, '', body].join('\r\n')

const text = (pieces: DiffRow['left']): string | undefined =>
  pieces?.map(([part, changed]) => (changed ? `{${part}}` : part)).join('')

const lines = (left: string, right: string): string[] =>
  compareMessages(left, right).map(
    row => `${row.kind}${row.moved ? ' moved' : ''}: ${text(row.left)} | ${text(row.right)}`,
  )

describe('a difference of messages', () => {
  it('stands headers beside each other by their names, wherever they stand', () => {
    const left = message('INVITE sip:bob@b.example SIP/2.0', [
      'Via: SIP/2.0/UDP a;branch=1',
      'Max-Forwards: 70',
      'CSeq: 1 INVITE',
      'X-A: yes',
    ])
    const right = message('INVITE sip:bob@b.example SIP/2.0', [
      'CSeq: 2 INVITE',
      'Via: SIP/2.0/UDP a;branch=2',
      'Max-Forwards: 70',
      'Subject: hi',
    ])
    expect(lines(left, right)).toEqual([
      'same: INVITE sip:bob@b.example SIP/2.0 | INVITE sip:bob@b.example SIP/2.0',
      'changed: Via: SIP/2.0/UDP a;branch={1} | Via: SIP/2.0/UDP a;branch={2}',
      'same: Max-Forwards: 70 | Max-Forwards: 70',
      'added: undefined | {Subject: hi}',
      'changed moved: CSeq: {1} INVITE | CSeq: {2} INVITE',
      'removed: {X-A: yes} | undefined',
    ])
  })

  it('knows compact names, names in any case, and folded lines', () => {
    const left = message('BYE sip:b SIP/2.0', ['Call-ID: one', 'Subject: a', ' b'])
    const right = message('BYE sip:b SIP/2.0', ['i: one', 'SUBJECT: a b'])
    expect(compareMessages(left, right).map(({ kind }) => kind)).toEqual(['same', 'same', 'same'])
  })

  it('pairs equal ones of several of a name, and tells what moved', () => {
    const left = message('ACK sip:b SIP/2.0', ['Route: <sip:p1>', 'Route: <sip:p2>', 'From: a'])
    const right = message('ACK sip:b SIP/2.0', ['From: a', 'Route: <sip:p2>'])
    expect(lines(left, right).slice(1)).toEqual([
      'removed: {Route: <sip:p1>} | undefined',
      'moved: Route: <sip:p2> | Route: <sip:p2>',
      'same: From: a | From: a',
    ])
  })

  it('compares bodies by line, and a line with its like by word', () => {
    const left = message('A', [], 'v=0\r\no=- 1 1 IN IP4 h\r\na=sendrecv\r\n')
    const right = message('A', [], 'v=0\r\no=- 1 2 IN IP4 h\r\na=sendonly\r\na=mid:0\r\n')
    expect(lines(left, right).slice(1)).toEqual([
      'same: v=0 | v=0',
      'changed: o=- 1 {1} IN IP4 h | o=- 1 {2} IN IP4 h',
      'changed: a={sendrecv} | a={sendonly}',
      'added: undefined | {a=mid:0}',
    ])
  })

  it('finds nothing between a message and itself, and loses nothing of two that share nothing', () => {
    const one = message('INVITE sip:b SIP/2.0', ['To: b', 'From: a'], 'x\r\n')
    expect(compareMessages(one, one).every(({ kind }) => kind === 'same')).toBe(true)
    const other = message('SIP/2.0 200 OK', ['Server: s'], 'y\r\n')
    const rows = compareMessages(one, other)
    const side = (which: 'left' | 'right') =>
      rows.flatMap(row => (row[which] ? [row[which].map(([part]) => part).join('')] : []))
    for (const [which, whole] of [
      ['left', one],
      ['right', other],
    ] as const) {
      const { start, headers, body } = partsOf(whole)
      expect(side(which).sort()).toEqual([start, ...headers.map(header => header.text), ...body].sort())
    }
  })

  it('is quick with large bodies that share nothing', () => {
    const large = (sign: string) =>
      message('A', [], Array.from({ length: 5_000 }, (_each, at) => `${sign}=${at}`).join('\r\n'))
    expect(compareMessages(large('a'), large('b')).length).toBe(10_001)
  })
})

describe('what two texts share', () => {
  it('is the longest common row', () => {
    expect(common('abcde'.split(''), 'xbdye'.split(''))).toEqual([
      [1, 1],
      [3, 2],
      [4, 4],
    ])
    expect(common([], ['a'])).toEqual([])
  })

  it('is told by word', () => {
    expect(byWord('a;b=1', 'a;b=2')).toEqual([
      [
        ['a;b=', false],
        ['1', true],
      ],
      [
        ['a;b=', false],
        ['2', true],
      ],
    ])
  })
})
