import { describe, expect, it } from 'vitest'
import {
  acceptRequest,
  afterAccepted,
  type DialogRecord,
  dialogRequest,
  notifiedDialog,
  refreshTarget,
  uacDialog,
  uasDialog,
} from '../../src/rules/dialog.ts'
import { make, reply } from './support.ts'

const contact = '<sip:bob@192.0.2.4:5080>'
const routes = {
  'Record-Route': ['<sip:p2.example.com;lr>, <sip:p1.example.com;lr;x=1>', '<sip:p0.example.com;lr>'],
}

const record: DialogRecord = {
  callId: 'call-1@192.0.2.1',
  localTag: 'alice-tag',
  remoteTag: 'bob-tag',
  localSeq: 1,
  remoteSeq: undefined,
  localUri: 'Alice <sip:alice@example.com>',
  remoteUri: 'Bob <sip:bob@example.com>',
  remoteTarget: 'sip:bob@192.0.2.4:5080',
  routeSet: [],
  secure: false,
}

describe('the dialog at the caller (§12.1.2)', () => {
  it('takes its parts from request and response', () => {
    expect(uacDialog(make('INVITE'), reply(200, { Contact: contact }))).toEqual(record)
  })

  it('turns the recorded routes round', () => {
    expect(uacDialog(make('INVITE'), reply(200, { Contact: contact, ...routes })).routeSet).toEqual([
      '<sip:p0.example.com;lr>',
      '<sip:p1.example.com;lr;x=1>',
      '<sip:p2.example.com;lr>',
    ])
  })

  it.each([
    ['no Contact', {}],
    ['two Contacts', { Contact: [contact, '<sip:bob@192.0.2.5>'] }],
    ['a Contact that is not SIP', { Contact: '<tel:+15550100>' }],
  ])('keeps the Request-URI as target when the response has %s', (_, lines) => {
    expect(uacDialog(make('INVITE'), reply(200, lines)).remoteTarget).toBe('sip:bob@example.com')
  })

  it('has an empty remote tag with a peer of RFC 2543, and leaves it out of its requests (§12.2.1.1)', () => {
    const dialog = uacDialog(
      make('INVITE'),
      reply(200, { Contact: contact, To: 'Bob <sip:bob@example.com>' }),
    )
    expect(dialog.remoteTag).toBe('')
    expect(dialogRequest(dialog, { method: 'BYE', seq: 2 }).headers).toContainEqual([
      'To',
      'Bob <sip:bob@example.com>',
    ])
  })

  it('is secure when it was made with a sips URI', () => {
    expect(uacDialog(make('INVITE', { uri: 'sips:bob@example.com' }), reply(200)).secure).toBe(true)
  })

  it('keeps other parameters and odd white space of From and To', () => {
    const from = '"A;tag=x" <sip:alice@example.com;tag=y> ; a=b ;tag=alice-tag;c="d;tag=e"'
    const dialog = uacDialog(make('INVITE', { From: from }), reply(200))
    expect(dialog.localUri).toBe('"A;tag=x" <sip:alice@example.com;tag=y> ; a=b ;c="d;tag=e"')
    expect(dialog.localTag).toBe('alice-tag')
  })

  it('drops from a Contact what may not stand in a Request-URI (§19.1.1)', () => {
    const odd = '<sip:bob@192.0.2.4;method=BYE;transport=tcp?Route=%3Csip:evil.example%3E>'
    expect(uacDialog(make('INVITE'), reply(200, { Contact: odd })).remoteTarget).toBe(
      'sip:bob@192.0.2.4;transport=tcp',
    )
  })
})

describe('the dialog at the callee (§12.1.1)', () => {
  it('takes its parts from the request and our tag, the recorded routes in order', () => {
    expect(uasDialog(make('INVITE', { CSeq: '314 INVITE', ...routes }), 'bob-tag')).toEqual({
      callId: 'call-1@192.0.2.1',
      localTag: 'bob-tag',
      remoteTag: 'alice-tag',
      localSeq: 0,
      remoteSeq: 314,
      localUri: 'Bob <sip:bob@example.com>',
      remoteUri: 'Alice <sip:alice@example.com>',
      remoteTarget: 'sip:alice@192.0.2.1:5060',
      routeSet: ['<sip:p2.example.com;lr>', '<sip:p1.example.com;lr;x=1>', '<sip:p0.example.com;lr>'],
      secure: false,
    })
  })

  it('takes From for the target when a peer of RFC 2543 sent no Contact', () => {
    expect(uasDialog(make('INVITE', { Contact: undefined }), 'b').remoteTarget).toBe('sip:alice@example.com')
  })
})

it('a NOTIFY makes the subscriber’s dialog before the 2xx (RFC 6665 §4.4.1)', () => {
  const subscribe = make('SUBSCRIBE', { CSeq: '7 SUBSCRIBE' })
  const notify = make('NOTIFY', {
    From: '<sip:bob@example.com>;tag=n',
    To: '<sip:alice@example.com>;tag=alice-tag',
    CSeq: '50 NOTIFY',
    Contact: contact,
    ...routes,
  })
  expect(notifiedDialog(subscribe, notify)).toEqual({
    ...record,
    remoteTag: 'n',
    localSeq: 7,
    remoteSeq: 50,
    routeSet: ['<sip:p2.example.com;lr>', '<sip:p1.example.com;lr;x=1>', '<sip:p0.example.com;lr>'],
  })
})

describe('a request within the dialog (§12.2.1.1)', () => {
  const built = (routeSet: readonly string[]) => {
    const { uri, headers, nextHop } = dialogRequest({ ...record, routeSet }, { method: 'BYE', seq: 2 })
    return { uri, nextHop, route: headers.filter(([name]) => name === 'Route').map(([, value]) => value) }
  }

  it('names the dialog', () => {
    expect(dialogRequest(record, { method: 'BYE', seq: 2 }).headers).toEqual([
      ['Max-Forwards', '70'],
      ['From', 'Alice <sip:alice@example.com>;tag=alice-tag'],
      ['To', 'Bob <sip:bob@example.com>;tag=bob-tag'],
      ['Call-ID', 'call-1@192.0.2.1'],
      ['CSeq', '2 BYE'],
    ])
  })

  it('goes to the remote target without routes', () => {
    expect(built([])).toEqual({ uri: record.remoteTarget, nextHop: record.remoteTarget, route: [] })
  })

  it('goes through loose routers with the target in the request line', () => {
    const routeSet = ['<sip:p1.example.com;lr>', '<sip:p2.example.com>']
    expect(built(routeSet)).toEqual({
      uri: record.remoteTarget,
      nextHop: 'sip:p1.example.com;lr',
      route: routeSet,
    })
  })

  it('puts a strict router into the request line and the target last (§16.12.1.2)', () => {
    expect(built(['<sip:p1.example.com?a=b>', '<sip:p2.example.com;lr>'])).toEqual({
      uri: 'sip:p1.example.com',
      nextHop: 'sip:p1.example.com',
      route: ['<sip:p2.example.com;lr>', `<${record.remoteTarget}>`],
    })
  })
})

describe('a request that arrives in the dialog (§12.2.2)', () => {
  const known = { ...record, remoteSeq: 10 }
  const accept = (method: string, lines = {}, at: DialogRecord = known) =>
    acceptRequest(at, make(method, { CSeq: `11 ${method}`, ...lines }))

  it('raises the number', () => {
    expect(accept('BYE')).toEqual({ record: { ...known, remoteSeq: 11 } })
    expect(accept('BYE', {}, record)).toEqual({ record: { ...record, remoteSeq: 11 } })
  })

  it.each(['INVITE', 'BYE', 'INFO', 'NOTIFY'])('is refused with 500 when its number is lower: %s', method => {
    expect(accept(method, { CSeq: `9 ${method}` })).toMatchObject({ reply: { status: 500 } })
  })

  it('is let in with an equal number', () => {
    expect(accept('INFO', { CSeq: '10 INFO' })).toEqual({ record: known })
  })

  it.each(['ACK', 'CANCEL'])('has the number of its INVITE when it is %s', method => {
    expect(accept(method, { CSeq: `3 ${method}` })).toEqual({ record: known })
  })

  it.each(['INVITE', 'UPDATE', 'SUBSCRIBE', 'REFER'])(
    'is refused with 400 without a usable Contact: %s',
    method => {
      for (const Contact of [undefined, '<tel:+15550100>', ['<sip:a@192.0.2.1>', '<sip:a@192.0.2.2>'], '*']) {
        expect(accept(method, { Contact })).toMatchObject({ reply: { status: 400 } })
      }
    },
  )

  it.each(['BYE', 'INFO', 'PRACK', 'MESSAGE', 'NOTIFY', 'OPTIONS'])('needs no Contact: %s', method => {
    expect(accept(method, { Contact: undefined })).toEqual({ record: { ...known, remoteSeq: 11 } })
  })

  it.each(['INVITE', 'UPDATE', 'SUBSCRIBE', 'REFER', 'NOTIFY'])(
    'moves the remote target once it is accepted: %s',
    method => {
      const request = make(method, { CSeq: `11 ${method}`, Contact: '<sip:alice@192.0.2.77>' })
      expect(acceptRequest(known, request)).toEqual({ record: { ...known, remoteSeq: 11 } })
      expect(afterAccepted(known, request)).toEqual({ ...known, remoteTarget: 'sip:alice@192.0.2.77' })
    },
  )

  it.each(['BYE', 'INFO', 'MESSAGE'])('leaves the remote target: %s', method => {
    const request = make(method, { CSeq: `11 ${method}`, Contact: '<sip:evil@192.0.2.77>' })
    expect(afterAccepted(known, request)).toBe(known)
  })
})

describe('a response to a target refresh (§12.2.1.2)', () => {
  const moved = { Contact: '<sip:bob@192.0.2.99>' }

  it.each(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER'])(
    'moves the target with its 2xx: %s',
    method => {
      expect(refreshTarget(record, reply(200, moved, method)).remoteTarget).toBe('sip:bob@192.0.2.99')
    },
  )

  it.each([
    ['a failure', reply(488, moved)],
    ['a provisional response', reply(180, moved)],
    ['a 2xx to INFO', reply(200, moved, 'INFO')],
    ['a 2xx without Contact', reply(200)],
    ['a 2xx with the same Contact', reply(200, { Contact: contact })],
  ])('leaves the very same record: %s', (_, response) => {
    expect(refreshTarget(record, response)).toBe(record)
  })

  it('never touches the route set', () => {
    expect(refreshTarget(record, reply(200, { ...moved, ...routes })).routeSet).toEqual([])
  })
})
