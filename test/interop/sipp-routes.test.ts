/** Where requests of calls with SIPp go: D31, D33, D34. RFC 3261 §8.1.3.4, §12.2, §16.12. */
import { describe, expect, it } from 'vitest'
import { accept, answering, invite } from './support/calls.ts'
import { against } from './support/installed.ts'
import { host, type Party, party } from './support/party.ts'
import {
  audio,
  callee,
  caller,
  hungUp,
  reply,
  request,
  response,
  type Step,
  scenario,
} from './support/scenario.ts'
import { sipp } from './support/sipp.ts'

const calls: readonly Step[] = [
  caller.invite({ sdp: audio() }),
  response(100, { optional: true }),
  response(200, { route: true }),
  caller.request('ACK', 1),
]

against(['sipp'], 'SIPp and routes', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const parameter = `;transport=${transport.toLowerCase()}`
    const fresh = (): Promise<Party> => party({ transports: [transport] })

    const sentTo = (
      us: Party,
      method: string,
    ): readonly (readonly [uri: string, route: readonly string[]])[] =>
      us.wire.flatMap(({ direction, message }) =>
        direction === 'out' && message.kind === 'request' && message.method === method
          ? [[message.uri, message.headers('route')] as const]
          : [],
      )

    it('D31: a 302 with two Contacts: the heavier q first, then the other', async () => {
      const us = await fresh()
      const busy = await sipp({
        ...scenario(callee.invited(), callee.answer(486), request('ACK')),
        transport,
      })
      const free = await sipp({
        ...scenario(callee.invited(), callee.answer(200, { sdp: audio() }), request('ACK'), ...hungUp),
        transport,
      })
      const place = (port: number, q: string): string => `<sip:b@${host}:${port}${parameter}>;q=${q}`
      const moved = await sipp({
        ...scenario(
          callee.invited(),
          callee.answer(302, {
            headers: [['Contact', `${place(free.port, '0.3')}, ${place(busy.port, '0.9')}`]],
          }),
          request('ACK'),
        ),
        transport,
      })
      const { call } = invite(us, moved)
      const places: string[] = []
      call.events$.subscribe(event => event.type === 'redirected' && places.push(event.uri))
      await call.established()
      await call.hangUp()
      for (const peer of [moved, busy, free]) await peer.succeeded()
      expect(places.map(uri => Number(/:(\d+)/.exec(uri.replace('sip:', ''))?.[1]))).toEqual([
        busy.port,
        free.port,
      ])
      expect(us.sent()).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK', 'INVITE', 'ACK', 'BYE'])
    })

    it('D31: `surface` leaves the 302 to the application', async () => {
      const us = await fresh()
      const moved = await sipp({
        ...scenario(
          callee.invited(),
          callee.answer(302, { headers: [['Contact', `<sip:b@${host}:9>`]] }),
          request('ACK'),
        ),
        transport,
      })
      const { call } = invite(us, moved, { redirects: 'surface' })
      await expect(call.established()).rejects.toMatchObject({ status: 302 })
      await moved.succeeded()
      expect(us.sent()).toEqual(['INVITE', 'ACK'])
    })

    it('D31: our 302 names its Contacts', async () => {
      const us = await fresh()
      answering(us, call =>
        call.reject(302, { headers: [['Contact', '<sip:b@192.0.2.9>;q=0.5, <sip:c@192.0.2.9>']] }),
      )
      const peer = await sipp({
        ...scenario(
          caller.invite({ sdp: audio() }),
          response(100, { optional: true }),
          response(302, { headers: [['Contact', 'sip:b@192.0.2.9>;q=0.5']] }),
          caller.ackRefusal(),
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
    })

    it('D33: a lower CSeq gets 500, INVITE, UPDATE and REFER without Contact 400, INFO and BYE need none', async () => {
      const us = await fresh()
      const made = answering(us, call => {
        call.events$.subscribe(event => {
          if (event.type === 'dialog') event.dialog.requests$.subscribe(info => info.respond(200))
        })
        accept(call)
      })
      const bare = { lacksContact: true }
      const peer = await sipp({
        ...scenario(
          ...calls,
          caller.request('INFO', 10, {}, bare),
          response(200),
          caller.request('INVITE', 5, { sdp: audio('sendrecv', 2) }),
          response(500),
          caller.request('ACK', 5, {}, { refused: true }),
          caller.request('INVITE', 11, { sdp: audio('sendrecv', 2) }, bare),
          response(400),
          caller.request('ACK', 11, {}, { refused: true }),
          caller.request('UPDATE', 12, { sdp: audio('sendrecv', 2) }, bare),
          response(400),
          caller.request('REFER', 13, { headers: [['Refer-To', '<sip:c@192.0.2.9>']] }, bare),
          response(400),
          caller.request('BYE', 14, {}, bare),
          response(200),
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
      expect(await made[0]!.call.ended()).toMatchObject({ by: 'remote', reason: 'bye' })
    })

    it('D34: Record-Route of the answer, backwards, is the Route of what we send (§12.1.2)', async () => {
      const us = await fresh()
      const peer = await sipp({
        ...scenario(
          callee.invited(),
          callee.answer(200, {
            sdp: audio(),
            headers: [
              ['Record-Route', `<sip:far@192.0.2.9;lr>, <sip:[local_ip]:[local_port]${parameter};lr>`],
            ],
          }),
          request('ACK'),
          request('BYE'),
          reply(200),
        ),
        transport,
      })
      const { call } = invite(us, peer)
      await call.established()
      await call.hangUp()
      await peer.succeeded()
      for (const [uri, route] of [...sentTo(us, 'ACK'), ...sentTo(us, 'BYE')]) {
        expect(uri).toContain('sip:sipp@')
        expect(route).toEqual([`<sip:${host}:${peer.port}${parameter};lr>`, '<sip:far@192.0.2.9;lr>'])
      }
    })

    it('D34: a strict router stands in the Request-URI, the remote target last in Route (§12.2.1.1)', async () => {
      const us = await fresh()
      const peer = await sipp({
        ...scenario(
          callee.invited(),
          callee.answer(200, {
            sdp: audio(),
            headers: [['Record-Route', `<sip:strict@[local_ip]:[local_port]${parameter}>`]],
          }),
          request('ACK', { headers: [['Route', '^ ?<sip:sipp@']] }),
          request('BYE', { headers: [['Route', '^ ?<sip:sipp@']] }),
          reply(200),
        ),
        transport,
      })
      const { call } = invite(us, peer)
      await call.established()
      await call.hangUp()
      await peer.succeeded()
      for (const [uri] of [...sentTo(us, 'ACK'), ...sentTo(us, 'BYE')]) expect(uri).toContain('sip:strict@')
    })

    it('D34: Record-Route of the INVITE is in our 2xx, and in order the Route of our BYE (§12.1.1)', async () => {
      const us = await fresh()
      const made = answering(us, accept)
      const recorded = `<sip:near@[local_ip]:[local_port]${parameter};lr>, <sip:far@192.0.2.9;lr>`
      const peer = await sipp({
        ...scenario(
          caller.invite({ sdp: audio(), headers: [['Record-Route', recorded]] }),
          response(100, { optional: true }),
          response(200, { route: true, headers: [['Record-Route', 'sip:near@']] }),
          caller.request('ACK', 1),
          request('BYE', { headers: [['Route', 'sip:near@']] }),
          reply(200),
        ),
        transport,
        target: us.port,
      })
      await us.until(() => made[0]?.states.includes('confirmed') === true)
      await made[0]!.call.hangUp()
      await peer.succeeded()
      const [[uri, route] = ['', []]] = sentTo(us, 'BYE')
      expect(uri).toContain('sip:sipp@')
      expect(route.join(', ')).toBe(`<sip:near@${host}:${peer.port}${parameter};lr>, <sip:far@192.0.2.9;lr>`)
    })
  })
})
