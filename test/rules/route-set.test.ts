import { describe, expect, it } from 'vitest'
import { formatUri } from '../../src/message/uri.ts'
import {
  areLooseRoutes,
  asRequestUri,
  recordedRoutes,
  routeRequest,
  uriOf,
} from '../../src/rules/route-set.ts'
import { make, sipUri } from './support.ts'

const target = 'sip:bob@192.0.2.4'
const loose = '<sip:p1.example.com;lr>'
const strict = '"Old" <sip:p2.example.com;transport=tcp?a=b>;x=1'

describe('a route set steers a request (§12.2.1.1)', () => {
  it.each([
    ['nothing', [], { uri: target, route: [], nextHop: target }],
    [
      'a loose router',
      [loose, strict],
      { uri: target, route: [loose, strict], nextHop: 'sip:p1.example.com;lr' },
    ],
    [
      'a strict router',
      [strict, loose],
      {
        uri: 'sip:p2.example.com;transport=tcp',
        route: [loose, `<${target}>`],
        nextHop: 'sip:p2.example.com;transport=tcp',
      },
    ],
    [
      'a strict router alone',
      [strict],
      {
        uri: 'sip:p2.example.com;transport=tcp',
        route: [`<${target}>`],
        nextHop: 'sip:p2.example.com;transport=tcp',
      },
    ],
    [
      'lr as parameter of the header, which makes no loose router',
      ['<sip:p3.example.com>;lr'],
      { uri: 'sip:p3.example.com', route: [`<${target}>`], nextHop: 'sip:p3.example.com' },
    ],
    [
      'entries that are no SIP URI, which are skipped',
      ['<tel:+1>', 'garbage', loose],
      { uri: target, route: [loose], nextHop: 'sip:p1.example.com;lr' },
    ],
    ['nothing but such entries', ['<tel:+1>'], { uri: target, route: [], nextHop: target }],
  ])('through %s', (_, routeSet, expected) => {
    expect(routeRequest(target, routeSet)).toEqual(expected)
  })
})

it('reads the recorded routes of all lines in their order (§12.1.1)', () => {
  const lines = ['<sip:a;lr>,"x, y" <sip:b;lr;p=1,2>', '<sip:c;lr>']
  expect(recordedRoutes(make('INVITE', { 'Record-Route': lines }))).toEqual([
    '<sip:a;lr>',
    '"x, y" <sip:b;lr;p=1,2>',
    '<sip:c;lr>',
  ])
  expect(recordedRoutes(make('INVITE'))).toEqual([])
})

it.each([
  [[], true],
  [[loose, loose], true],
  [[loose, strict], false],
  [['<tel:+1;lr>'], false],
  [['garbage'], false],
])('%j are loose routes: %s (RFC 3608 §5)', (routes, expected) => {
  expect(areLooseRoutes(routes)).toBe(expected)
})

it.each([
  ['sip:a@b.example', 'sip:a@b.example'],
  ['<sips:a@b.example>;x=1', 'sips:a@b.example'],
  ['tel:+1', undefined],
  ['<tel:+1>', undefined],
  ['garbage', undefined],
])('the SIP URI of %s is %s', (text, expected) => {
  const uri = uriOf(text)
  expect(uri && formatUri(uri)).toBe(expected)
})

it('takes out of a URI what may not stand in a request line (§19.1.1)', () => {
  expect(asRequestUri(sipUri('sip:a@b.example;method=INVITE;user=phone?Subject=x'))).toBe(
    'sip:a@b.example;user=phone',
  )
})
