/**
 * Which application at the shared server gets a request that no object claims: what documents say, applications that are
 * started for it, and what is answered for all. Scenarios B13, D10, D15, E10.
 */
import { describe, expect, it } from 'vitest'
import { sipOver } from '../../src/api/sip.ts'
import { createEngine } from '../../src/engine/engine.ts'
import type { ClientCapabilities } from '../../src/rules/capabilities.ts'
import { simulatedNetwork, virtualClock } from '../../src/testing/index.ts'
import { fails, record, refused } from '../api/support.ts'
import { createPeer } from '../support/peer.ts'
import { type SharedOptions, sharedOver, soon } from '../support/shared.ts'
import { sdp } from '../support/text.ts'

const alice = '192.0.2.1'

const stage = async (options: SharedOptions = {}) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock })
  const platform = network.platform({ host: alice })
  const engine = createEngine(platform)
  const shared = sharedOver(engine, { clock, deliver: soon, ...options })
  shared.server.listen({ port: 5060 })
  const bob = createPeer(network, { host: '192.0.2.2', name: 'bob', transport: 'UDP' })
  const run = (time: number) => clock.run(time)
  const attach = async (client: string, capabilities?: ClientCapabilities) => {
    const joined = shared.join(client, undefined, capabilities)
    await joined.attached
    const sip = sipOver(joined.port, {}, remote => platform.localAddressFor(remote))
    return { ...joined, sip }
  }
  /** Takes all that comes, and says what did. */
  const taking = async (client: string, capabilities?: ClientCapabilities) => {
    const application = await attach(client, capabilities)
    const seen = record(application.sip.unboundRequests$)
    await run(0)
    return { ...application, seen, got: () => seen.values.filter(({ type }) => type !== 'timedOut').length }
  }
  const ask = (method: string, headers: readonly (readonly [string, string])[] = [], body?: string) =>
    bob.request(method, {
      to: { host: alice, port: 5060 },
      uri: `sip:alice@${alice}`,
      headers: [...headers],
      ...(body !== undefined && { body }),
    })
  await run(10)
  return { clock, engine, bob, run, ...shared, attach, taking, ask }
}

const audio = sdp('192.0.2.2')
const video = audio.replace('m=audio', 'm=video')

describe('D10: of several applications the one is called whose document takes the request', () => {
  const call = async (
    first: ClientCapabilities,
    second: ClientCapabilities,
    method: string,
    headers: readonly (readonly [string, string])[] = [],
    body?: string,
  ) => {
    const world = await stage()
    const one = await world.taking('one', first)
    const two = await world.taking('two', second)
    const request = world.ask(method, headers, body)
    await world.run(10)
    return { ...world, one, two, request, got: [one.got(), two.got()] }
  }

  it('D10: by the media of the offer', async () => {
    const [first, second] = [{ media: [{ media: 'audio' }] }, { media: [{ media: 'video' }] }]
    expect((await call(first, second, 'INVITE', [], audio)).got).toEqual([1, 0])
    expect((await call(first, second, 'INVITE', [], video)).got).toEqual([0, 1])
  })

  it('D10: by Accept-Contact', async () => {
    const [first, second] = [{ features: ['audio'] }, { features: ['video'] }]
    expect((await call(first, second, 'INVITE', [['Accept-Contact', '*;video']], audio)).got).toEqual([0, 1])
    expect((await call(first, second, 'MESSAGE', [['Reject-Contact', '*;audio']])).got).toEqual([0, 1])
  })

  it('D10: by the event; it gets the subscription on its own connection', async () => {
    const world = await stage()
    const one = await world.attach('one', { events: ['presence'] })
    const two = await world.attach('two', { events: ['dialog'] })
    const seen = []
    for (const [at, { sip }] of [one, two].entries()) {
      const connection = sip.connect({ port: 5070 + 10 * at })
      await connection.active()
      seen.push(record(connection.subscriptions$))
    }
    world.ask('SUBSCRIBE', [
      ['Event', 'dialog'],
      ['Expires', '60'],
    ])
    await world.run(10)
    expect(seen.map(({ values }) => values.length)).toEqual([0, 1])
    seen[1]!.values[0]!.accept({
      state: 'active',
      body: '<dialogs/>',
      contentType: 'application/dialog-info+xml',
    })
    await world.run(10)
    expect(world.bob.next(200).status).toBe(200)
    expect(world.bob.next('NOTIFY').header('event')).toBe('dialog')
  })

  it('D10: the call is that application to have, and ends as any other', async () => {
    const world = await call(
      { media: [{ media: 'video' }] },
      { media: [{ media: 'audio' }] },
      'INVITE',
      [],
      audio,
    )
    expect(world.got).toEqual([0, 1])
    void world.two.seen.values[0]!.call!.accept(sdp(alice))
    await world.run(10)
    const ok = world.bob.next(200)
    const dialog = world.bob.inDialog(world.request, ok)
    dialog.ack()
    dialog.request('BYE')
    await world.run(40_000)
    expect(world.engine.census().kinds).not.toHaveProperty('call')
    expect(world.engine.census().kinds).not.toHaveProperty('resolver')
    expect(world.server.unclaimed.size).toBe(0)
  })

  it('goes to whose call an INVITE is to replace, whatever the documents say (RFC 3891)', async () => {
    const world = await stage()
    const owner = await world.taking('owner', { methods: ['INVITE'], priority: -5 })
    world.ask('INVITE', [], audio)
    await world.run(10)
    void owner.seen.values[0]!.call!.accept(sdp(alice))
    await world.run(10)
    const ok = world.bob.next(200)
    const other = await world.taking('other', { methods: ['INVITE'], priority: 5 })
    const { callId, fromTag, toTag } = ok
    world.ask('INVITE', [['Replaces', `${callId};to-tag=${toTag};from-tag=${fromTag}`]], audio)
    await world.run(10)
    expect([owner.got(), other.got()]).toEqual([2, 0])
  })
})

describe('what nobody takes', () => {
  const refusal = async (
    capabilities: ClientCapabilities,
    method: string,
    headers: readonly (readonly [string, string])[] = [],
    body?: string,
  ) => {
    const world = await stage()
    const one = await world.taking('one', capabilities)
    world.ask(method, headers, body)
    await world.run(10)
    expect(one.got()).toBe(0)
    const answers = [480, 488, 489, 415, 405, 404].filter(status => world.bob.all(status).length > 0)
    expect(answers).toHaveLength(1)
    return world.bob.next(answers[0]!)
  }

  it('E10: an event of nobody draws 489 with the events of all in Allow-Events', async () => {
    const world = await stage()
    const one = await world.taking('one', { events: ['presence'] })
    const two = await world.taking('two', { events: ['dialog'] })
    world.ask('SUBSCRIBE', [['Event', 'weather']])
    await world.run(10)
    expect(world.bob.next(489).header('allow-events')).toBe('presence, dialog')
    expect([one.got(), two.got()]).toEqual([0, 0])
  })

  it('Accept-Contact with require that means nobody draws 480', async () => {
    const answer = await refusal(
      { features: ['audio'] },
      'INVITE',
      [['Accept-Contact', '*;video;require;explicit']],
      audio,
    )
    expect(answer.status).toBe(480)
  })

  it('streams of nobody draw 488', async () => {
    const answer = await refusal(
      { media: [{ media: 'audio', codecs: ['opus/48000/2'] }] },
      'INVITE',
      [],
      audio,
    )
    expect(answer.status).toBe(488)
  })

  it('content of nobody draws 415 with Accept, a method of nobody 405 with Allow, a user of nobody 404', async () => {
    const content = await refusal(
      { contentTypes: ['image/*'] },
      'MESSAGE',
      [['Content-Type', 'application/json']],
      '{}',
    )
    expect([content.status, content.header('accept')?.includes('image/*')]).toEqual([415, true])
    const method = await refusal({ methods: ['INVITE'] }, 'MESSAGE')
    expect([method.status, method.header('allow')?.includes('MESSAGE')]).toEqual([405, false])
    expect((await refusal({ users: ['bob'] }, 'MESSAGE')).status).toBe(404)
  })
})

describe('B13: OPTIONS', () => {
  it('B13: is answered with what all applications can do together, ports 0, and follows what they say', async () => {
    const world = await stage()
    const one = await world.taking('one', {
      methods: ['INVITE', 'PUBLISH'],
      events: ['presence'],
      contentTypes: ['application/pidf+xml'],
      media: [{ media: 'audio', codecs: ['PCMU/8000', 'opus/48000/2'] }],
      headers: [['X-Application', 'one']],
    })
    await world.taking('two', {
      methods: ['MESSAGE'],
      events: ['dialog'],
      contentTypes: ['image/*'],
      media: [{ media: 'message', transports: ['TCP/MSRP'] }],
    })
    world.ask('OPTIONS')
    await world.run(10)
    const ok = world.bob.next(200)
    const says = (name: string) => ok.header(name)?.split(', ')
    expect(says('allow')).toEqual(
      expect.arrayContaining(['INVITE', 'OPTIONS', 'SUBSCRIBE', 'PUBLISH', 'MESSAGE']),
    )
    expect(says('allow')).not.toContain('INFO')
    expect(says('accept')).toEqual(
      expect.arrayContaining(['application/sdp', 'application/pidf+xml', 'image/*']),
    )
    expect([ok.header('allow-events'), ok.header('x-application')]).toEqual(['presence, dialog', 'one'])
    expect([ok.header('accept-encoding'), ok.header('accept-language')]).toEqual(['identity', 'en'])
    expect(says('supported')).toContain('100rel')
    expect(ok.text.split('\r\n').filter(line => /^(?:m|a)=/.test(line))).toEqual([
      'm=audio 0 RTP/AVP 0 96',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:96 opus/48000/2',
      'm=message 0 TCP/MSRP *',
    ])
    one.port.announce({ events: ['weather'] })
    await world.run(0)
    world.ask('OPTIONS')
    await world.run(10)
    expect(world.bob.next(200).header('allow-events')).toBe('weather, dialog')
    one.near.destroy()
    await world.run(0)
    world.ask('OPTIONS')
    await world.run(10)
    expect(world.bob.next(200).header('allow-events')).toBe('dialog')
  })

  it('B13: an application that says OPTIONS answers those that Accept-Contact directs to it', async () => {
    const world = await stage()
    const one = await world.taking('one', { features: ['audio'], methods: ['OPTIONS', 'INVITE'] })
    world.ask('OPTIONS', [['Accept-Contact', '*;video']])
    await world.run(10)
    expect([world.bob.next(200).status, one.got()]).toEqual([200, 0])
    world.ask('OPTIONS', [['Accept-Contact', '*;audio']])
    await world.run(10)
    expect(one.got()).toBe(1)
    one.seen.values[0]!.transaction!.respond(200, { headers: [['X-Mine', 'yes']] })
    await world.run(10)
    expect(world.bob.next(200).header('x-mine')).toBe('yes')
  })
})

describe('an application that is started for a request', () => {
  /** A server that knows `phone` and says when it is to start. */
  const launching = async (launch: () => void | Promise<void> = () => undefined) => {
    const launched: string[] = []
    const world = await stage({
      applications: [
        {
          client: 'phone',
          capabilities: { methods: ['INVITE', 'MESSAGE'] },
          launch: ({ request }) => {
            launched.push(request.method)
            return launch()
          },
        },
      ],
    })
    return { ...world, launched }
  }

  it('gets what waits when it listens: all of it, in order, started once', async () => {
    const world = await launching()
    world.ask('INVITE', [], audio)
    await world.run(1000)
    world.ask('MESSAGE')
    await world.run(1000)
    expect(world.launched).toEqual(['INVITE'])
    const phone = await world.attach('phone')
    await world.run(1000)
    world.ask('MESSAGE')
    await world.run(1000)
    expect(world.bob.all(480)).toEqual([])
    const seen = record(phone.sip.unboundRequests$)
    await world.run(0)
    expect(seen.values.map(({ call, transaction }) => (call ? 'INVITE' : transaction?.method))).toEqual([
      'INVITE',
      'MESSAGE',
      'MESSAGE',
    ])
    void seen.values[0]!.call!.accept(sdp(alice))
    await world.run(10)
    expect(world.bob.next(200).status).toBe(200)
  })

  it('gets what comes while something else of it still waits', async () => {
    const world = await launching()
    world.ask('MESSAGE')
    await world.run(100)
    const phone = await world.attach('phone')
    const seen = record(phone.sip.unboundRequests$)
    await world.run(0)
    world.ask('MESSAGE')
    await world.run(10)
    expect(seen.values.map(({ type }) => type)).toEqual(['request', 'request'])
    expect(world.launched).toEqual(['MESSAGE'])
  })

  it('gets it as its own when it has a connection on that network', async () => {
    const world = await launching()
    world.ask('MESSAGE')
    await world.run(100)
    const phone = await world.attach('phone')
    const connection = phone.sip.connect({ port: 5070 })
    const seen = record(connection.requests$)
    await world.run(10)
    expect(seen.values.map(({ method }) => method)).toEqual(['MESSAGE'])
  })

  it('D15: CANCEL while it is started: 200 and 487, and the application is never told', async () => {
    const world = await launching()
    const invite = world.ask('INVITE', [], audio)
    await world.run(500)
    expect(world.launched).toEqual(['INVITE'])
    const cancel = world.bob.cancel(invite)
    await world.run(10)
    expect(world.bob.next(200).cseq.method).toBe('CANCEL')
    expect(world.bob.next(487).cseq.method).toBe('INVITE')
    expect(cancel.method).toBe('CANCEL')
    // Nothing waits any more, long before the patience is over.
    expect(world.engine.census().kinds).not.toHaveProperty('resolver')
    const phone = await world.attach('phone')
    const events = record(phone.sip.events$)
    const seen = record(phone.sip.unboundRequests$)
    const connection = phone.sip.connect({ port: 5070 })
    const calls = record(connection.calls$)
    await world.run(40_000)
    expect([seen.values, calls.values]).toEqual([[], []])
    expect(events.values.filter(({ type }) => type === 'call')).toEqual([])
    expect(world.bob.all(480)).toEqual([])
    expect(world.engine.census().kinds).not.toHaveProperty('resolver')
    expect(world.server.unclaimed.size).toBe(0)
  })

  it('draws 480 at 0.9·64·T1 when it does not come, and is started again for the next', async () => {
    const world = await launching()
    world.ask('INVITE', [], audio)
    await world.run(28_790)
    expect(world.bob.all(480)).toEqual([])
    await world.run(20)
    expect(world.bob.next(480).status).toBe(480)
    world.ask('MESSAGE')
    await world.run(10)
    expect(world.launched).toEqual(['INVITE', 'MESSAGE'])
    await world.run(40_000)
    expect(world.bob.next(480).status).toBe(480)
    expect(world.server.unclaimed.size).toBe(0)
  })

  it('draws 480 at once when it cannot be started, whether that is thrown or told later', async () => {
    for (const launch of [
      () => {
        throw new Error('no such program')
      },
      () => Promise.reject(new Error('no such program')),
    ]) {
      const world = await launching(launch)
      world.ask('INVITE', [], audio)
      await world.run(10)
      expect(world.bob.next(480).status).toBe(480)
      expect(world.engine.census().kinds).not.toHaveProperty('resolver')
    }
  })

  it('draws 480 at once when it goes before it is ready, however its connection does', async () => {
    const world = await launching()
    world.ask('MESSAGE')
    await world.run(100)
    const phone = await world.attach('phone')
    phone.near.destroy()
    await world.run(10)
    expect(world.bob.next(480).status).toBe(480)
    expect(world.engine.census().kinds).not.toHaveProperty('resolver')
  })

  it('is not started for what one that runs takes as well', async () => {
    const world = await launching()
    const running = await world.taking('running')
    world.ask('MESSAGE')
    await world.run(10)
    expect([running.got(), world.launched]).toEqual([1, []])
  })

  it('is asked for by code, too; code that throws says no', async () => {
    const launched: string[] = []
    const world = await stage({
      applications: [
        {
          client: 'pushes',
          match: { request: ({ request }) => request.header('x-push') === 'yes' },
          launch: () => void launched.push('pushes'),
        },
        {
          client: 'faulty',
          match: {
            request: () => {
              throw new Error('oops')
            },
          },
          launch: () => void launched.push('faulty'),
        },
        {
          client: 'meant',
          match: { acceptContact: () => true, event: () => false },
          launch: () => void launched.push('meant'),
        },
      ],
    })
    world.ask('MESSAGE', [['X-Push', 'yes']])
    await world.run(10)
    world.ask('MESSAGE', [['Accept-Contact', '*;anything']])
    await world.run(10)
    expect(launched).toEqual(['pushes', 'meant'])
  })
})

describe('documents', () => {
  it('that make no sense are refused by the server with argument, saying where', async () => {
    const world = await stage()
    const wrong = { media: [{ media: 'audio', codecs: ['opus'] }] }
    const error = await fails('argument', world.join('app', undefined, wrong).attached)
    expect(error.message).toContain('capabilities.media[0].codecs[0]')
    const app = await world.attach('app')
    app.port.announce({ priority: 1.5 })
    await world.run(0)
    expect(world.server.sessions).toEqual([])
  })

  it('of applications that are known beforehand are checked, and their names', () => {
    const engine = createEngine(simulatedNetwork({ clock: virtualClock() }).platform({ host: alice }))
    refused('argument', () => sharedOver(engine, { applications: [{ client: 'a\nb' }] }))
    refused('argument', () => sharedOver(engine, { applications: [{ client: 'a' }, { client: 'a' }] }))
    refused('argument', () =>
      sharedOver(engine, { applications: [{ client: 'a', capabilities: { events: ['a b'] } }] }),
    )
  })
})
