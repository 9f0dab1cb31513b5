/** Applications at the shared server, over frames in memory: whose objects are whose, and what is refused. */
import { describe, expect, it } from 'vitest'
import { sipOver } from '../../src/api/sip.ts'
import type { Command } from '../../src/engine/commands.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { SipError } from '../../src/errors.ts'
import { FrameReader, frameBytes } from '../../src/shared/framing.ts'
import type { ServerFrame } from '../../src/shared/protocol.ts'
import type { Scope } from '../../src/shared/scopes.ts'
import { simulatedNetwork, virtualClock } from '../../src/testing/index.ts'
import { fails, record, refused } from '../api/support.ts'
import { createPeer } from '../support/peer.ts'
import { duplex, type SharedOptions, sharedOver, soon } from '../support/shared.ts'
import { sdp } from '../support/text.ts'

const alice = '192.0.2.1'
const offer = sdp(alice)

const stage = (options: SharedOptions = {}) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock })
  const platform = network.platform({ host: alice })
  const engine = createEngine(platform)
  const shared = sharedOver(engine, { clock, deliver: soon, ...options })
  const bob = createPeer(network, { host: '192.0.2.2', name: 'bob', transport: 'UDP' })
  const attach = async (client: string, token?: string) => {
    const joined = shared.join(client, token)
    await joined.attached
    return { ...joined, sip: sipOver(joined.port, {}, remote => platform.localAddressFor(remote)) }
  }
  const connected = async (client: string, port = 0, token?: string) => {
    const application = await attach(client, token)
    const connection = application.sip.connect({ port })
    await connection.active()
    return { ...application, connection }
  }
  return { clock, network, engine, bob, run: (time: number) => clock.run(time), ...shared, attach, connected }
}

/** Speaks frames by hand. */
const bareClient = ({ server }: ReturnType<typeof stage>) => {
  const [near, far] = duplex()
  const frames: ServerFrame[] = []
  const reader = new FrameReader(1_000_000)
  let closed = false
  near.listen({
    received: bytes => frames.push(...([...reader.push(bytes)] as ServerFrame[])),
    closed: () => {
      closed = true
    },
  })
  server.accept(far)
  return {
    frames,
    isClosed: () => closed,
    say: (value: unknown) => near.send(frameBytes(value, 1_000_000)),
    raw: (bytes: readonly number[]) => near.send(new Uint8Array(bytes)),
  }
}

describe('attaching', () => {
  it('is refused to another version, a name that is none, and to a second application of that name', async () => {
    const world = stage()
    await world.attach('app')
    await fails('already-exists', world.join('app').attached)
    await fails('argument', world.join('a\nb').attached)
    const old = bareClient(world)
    old.say({ is: 'hello', version: 0, client: 'old' })
    expect(old.frames).toMatchObject([{ is: 'goodbye', error: { code: 'not-supported' } }])
    expect(old.isClosed()).toBe(true)
  })

  it('ends for what is no greeting, and for who says nothing for 5 s', async () => {
    const world = stage()
    const rude = bareClient(world)
    rude.say({ is: 'status' })
    const wild = bareClient(world)
    wild.raw([0xff, 0xff, 0xff, 0xff])
    const silent = bareClient(world)
    for (const one of [rude, wild]) {
      expect(one.frames).toMatchObject([{ is: 'goodbye', error: { code: 'malformed' } }])
      expect(one.isClosed()).toBe(true)
    }
    await world.run(5000)
    expect(silent.frames).toMatchObject([{ is: 'goodbye', error: { code: 'timeout' } }])
    expect(world.server.sessions).toEqual([])
  })

  it('takes a name again when its application is gone', async () => {
    const world = stage()
    const first = await world.attach('app')
    first.port.detach()
    await world.run(0)
    await world.attach('app')
    expect(world.server.sessions.map(({ client }) => client)).toEqual(['app'])
  })
})

describe('objects', () => {
  it('are seen by their own application alone', async () => {
    const world = stage()
    const one = await world.connected('one', 5060)
    const two = await world.connected('two', 5070)
    const seen = record(two.sip.events$)
    one.connection.invite(world.bob.uri, { offer })
    await world.run(10)
    world.bob.reply(world.bob.next('INVITE'), 180)
    await world.run(10)
    expect(seen.values).toEqual([])
    expect(two.sip.connections).toHaveLength(1)
  })

  it('cannot be touched by another: neither by an id of its, nor by making one under its prefix', async () => {
    const world = stage()
    const one = await world.connected('one')
    const bare = bareClient(world)
    bare.say({ is: 'hello', version: 1, client: 'bare' })
    const command = (given: unknown) => bare.say({ is: 'command', command: given })
    const errors = () => bare.frames.flatMap(frame => (frame.is === 'refused' ? [frame.error.code] : []))
    command({ type: 'connection.close', id: one.connection.id })
    command({ type: 'request.send', id: 'x.s2-1', connection: one.connection.id, request: {} })
    command({ type: 'connection.open', id: 'connection.s1-9', options: {} })
    command({ type: 'connection.open', id: 'connection.1', options: {} })
    command({ type: 'connection.open', id: 'connection.s2-1', options: {} })
    command({ type: 'connection.open', id: 'connection.s2-1', options: {} })
    command({ type: 'no.such', id: 'a' })
    command(null)
    command({ type: 'request.send', id: 'x.s2-2', connection: 'connection.s2-1' })
    expect(errors()).toEqual([
      'resource-not-available',
      'resource-not-available',
      'permission',
      'permission',
      'already-exists',
      'not-supported',
      'not-supported',
      'argument',
    ])
    expect(one.connection.state.is).toBe('active')
  })

  it('leave nothing behind when they have ended', async () => {
    const world = stage()
    const one = await world.connected('one', 5060)
    const call = one.connection.invite(world.bob.uri, { offer })
    await world.run(10)
    const invite = world.bob.next('INVITE')
    const ok = world.bob.reply(invite, 200, { body: sdp('192.0.2.2') })
    await world.run(10)
    const dialog = world.bob.inDialog(invite, ok)
    await call.established()
    dialog.request('BYE')
    await world.run(40_000)
    one.connection.request({ method: 'OPTIONS', uri: world.bob.uri })
    await world.run(40_000)
    expect(world.server.owners.size).toBe(1)
    const closing = one.sip.close()
    await world.run(40_000)
    await closing
    expect(world.server.owners.size).toBe(0)
    expect(world.server.unclaimed.size).toBe(0)
  })
})

describe('rights', () => {
  const access = (rights: Readonly<Record<string, readonly Scope[]>>) => (_: string, token?: string) => {
    const found = rights[token ?? '']
    if (!found) throw new SipError('permission', 'who are you?')
    return found
  }

  it('are those of the token: what takes another is refused with permission, and sends nothing', async () => {
    const world = stage({ access: access({ caller: ['send'], phone: ['register'] }) })
    await fails('permission', world.join('nobody').attached)
    const caller = await world.connected('caller', 5060, 'caller')
    const phone = await world.connected('phone', 5070, 'phone')
    refused('permission', () => caller.connection.register({ aor: 'sip:alice@192.0.2.2' }))
    refused('permission', () => caller.connection.refresh())
    refused('permission', () => caller.sip.record(() => undefined))
    refused('permission', () => phone.connection.invite(world.bob.uri, { offer }))
    refused('permission', () => phone.connection.request({ method: 'OPTIONS', uri: world.bob.uri }))
    phone.connection.register({ aor: 'sip:alice@192.0.2.2' })
    caller.connection.invite(world.bob.uri, { offer })
    await world.run(10)
    expect(world.bob.next('REGISTER').method).toBe('REGISTER')
    expect(world.bob.next('INVITE').method).toBe('INVITE')
  })

  it('are looked at by the server, too', async () => {
    const world = stage({ access: access({ phone: ['register'] }) })
    const bare = bareClient(world)
    bare.say({ is: 'hello', version: 1, client: 'bare', token: 'phone' })
    const open: Command = { type: 'connection.open', id: 'connection.s1-1', options: {} }
    bare.say({ is: 'command', command: open })
    await world.run(10)
    bare.say({
      is: 'command',
      command: { type: 'call.invite', id: 'call.s1-2', connection: open.id, invite: { uri: world.bob.uri } },
    })
    bare.say({ is: 'trace', on: true })
    await world.run(100)
    expect(bare.frames.filter(({ is }) => is === 'refused')).toMatchObject([
      { command: { type: 'call.invite' }, ended: ['call.s1-2'], error: { code: 'permission' } },
    ])
    expect(bare.frames.filter(({ is }) => is === 'traced')).toEqual([])
  })
})

describe('what only the server knows', () => {
  it('comes as an error on the object that it was to make, which is gone', async () => {
    const world = stage()
    const one = await world.connected('one')
    world.engine.dispatch = () => {
      throw new SipError('not-supported', 'not this one')
    }
    const connection = one.sip.connect()
    const errors = record(connection.errors$)
    await world.run(0)
    expect(errors.values.map(({ code, message }) => [code, message])).toEqual([
      ['not-supported', 'not this one'],
    ])
    expect([errors.complete, connection.state.is]).toEqual([true, 'closed'])
    expect(one.sip.connections).toHaveLength(1)
  })

  it('is which way a registration goes: without one a telephone number is refused there', async () => {
    const { bob, run, connected } = stage()
    const { connection } = await connected('one')
    refused('argument', () => connection.invite('tel:+1', { offer }))
    const registration = connection.register({ aor: 'sip:alice@192.0.2.2' })
    await run(10)
    const register = bob.next('REGISTER')
    bob.reply(register, 200, { headers: [['Contact', `${register.header('contact')};expires=600`]] })
    await run(10)
    const call = connection.invite('tel:+1', { offer, from: registration })
    const errors = record(call.errors$)
    await run(10)
    expect([errors.values.map(({ code }) => code), errors.complete]).toEqual([['argument'], true])
    bob.nothing('INVITE')
  })

  it('comes as an error on the object that it was asked of, which lives on', async () => {
    const world = stage()
    const one = await world.connected('one')
    const errors = record(one.connection.errors$)
    world.engine.dispatch = () => {
      throw new SipError('not-supported', 'not here')
    }
    one.connection.setSocketOptions({ noDelay: true })
    await world.run(0)
    expect(errors.values.map(({ code }) => code)).toEqual(['not-supported'])
    expect(one.connection.state.is).toBe('active')
  })
})

describe('an application that goes', () => {
  it('has its call hung up and its registration taken back; the others notice nothing', async () => {
    const world = stage()
    const one = await world.connected('one', 5060)
    const two = await world.connected('two', 5070)
    const call = (application: typeof one) => application.connection.invite(world.bob.uri, { offer })
    const dialogs = []
    for (const application of [one, two]) {
      const made = call(application)
      await world.run(10)
      const invite = world.bob.next('INVITE')
      const ok = world.bob.reply(invite, 200, { body: sdp('192.0.2.2') })
      await world.run(10)
      await made.established()
      dialogs.push({ made, dialog: world.bob.inDialog(invite, ok) })
    }
    one.connection.register({ aor: 'sip:alice@192.0.2.2' })
    await world.run(10)
    const register = world.bob.next('REGISTER')
    world.bob.reply(register, 200, {
      headers: [['Contact', `${register.header('contact')};expires=3600`]],
    })
    await world.run(10)
    const seen = record(two.sip.events$)
    // Killed: the socket just closes.
    one.near.destroy()
    await world.run(10)
    const bye = world.bob.next('BYE')
    world.bob.reply(bye, 200)
    await world.run(10)
    const last = world.bob.next('REGISTER')
    expect(last.header('contact') + String(last.header('expires'))).toMatch(/expires=0|0$/)
    world.bob.reply(last, 200)
    await world.run(100)
    expect(seen.values).toEqual([])
    expect(dialogs[1]!.made.state.is).toBe('confirmed')
    expect(world.server.sessions.map(({ client }) => client)).toEqual(['two'])
    await world.run(40_000)
    expect([...world.server.owners.held(world.server.sessions[0]!)]).toHaveLength(3)
    expect(world.server.owners.size).toBe(3)
  })

  it('has its challenges given up, so that what waits for them ends', async () => {
    const world = stage()
    const one = await world.connected('one', 5060)
    one.sip.challenges$.subscribe(() => undefined)
    one.connection.register({ aor: 'sip:alice@192.0.2.2' })
    await world.run(10)
    world.bob.reply(world.bob.next('REGISTER'), 401, {
      headers: [['WWW-Authenticate', 'Digest realm="r", nonce="n", algorithm=MD5, qop="auth"']],
    })
    await world.run(10)
    one.near.destroy()
    await world.run(70_000)
    expect(world.server.owners.size).toBe(0)
  })
})

describe('a server that goes', () => {
  it('takes along what it had: each object tells closed and is gone, and commands are refused until there is another', async () => {
    const world = stage()
    const one = await world.connected('one', 5060)
    const call = one.connection.invite(world.bob.uri, { offer })
    await world.run(10)
    const told = { call: record(call.errors$), connection: record(one.connection.errors$) }
    let lost: SipError | undefined
    one.port.onLost = error => {
      lost = error
    }
    one.far.destroy()
    await world.run(0)
    for (const { values, complete } of Object.values(told)) {
      expect(values.map(({ code }) => code)).toEqual(['closed'])
      expect(complete).toBe(true)
    }
    expect([call.state.is, one.connection.state.is, lost?.code]).toEqual(['terminated', 'closed', 'closed'])
    refused('not-ready', () => one.sip.connect())
    const [near, far] = duplex({ deliver: soon })
    world.server.accept(far)
    await one.port.attach(near)
    const again = one.sip.connect({ port: 5080 })
    await again.active()
    expect(again.state.is).toBe('active')
  })

  it('says goodbye when it ends by itself', async () => {
    const world = stage()
    const one = await world.connected('one', 5060)
    const errors = record(one.connection.errors$)
    world.server.close()
    const drained = world.server.drained()
    await world.run(100)
    await drained
    expect(errors.values.map(({ code }) => code)).toEqual(['closed'])
    await fails('closed', world.join('late').attached)
  })
})

describe('who is slow', () => {
  it('is cut off when more than the limit waits for it, and ends as if it had died', async () => {
    const world = stage({ limits: { waiting: 10_000 } })
    const one = await world.connected('one', 5060)
    one.far.waiting = 10_001
    one.connection.request({ method: 'OPTIONS', uri: world.bob.uri })
    await world.run(10)
    expect(world.server.sessions).toEqual([])
    expect(one.connection.state.is).toBe('closed')
  })

  it('is told at once when the server does not take what it says: in-use, and nothing is sent', async () => {
    const world = stage()
    const one = await world.connected('one', 5060)
    one.near.waiting = Number.MAX_SAFE_INTEGER
    refused('in-use', () => one.connection.request({ method: 'OPTIONS', uri: world.bob.uri }))
  })
})

describe('the trace', () => {
  it('is that of the whole server, for who may see it', async () => {
    const world = stage()
    const one = await world.connected('one', 5060)
    const two = await world.connected('two', 5070)
    const frames = record(two.sip.trace$)
    await world.run(0)
    one.connection.request({ method: 'OPTIONS', uri: world.bob.uri })
    await world.run(10)
    expect(frames.values.some(frame => frame.kind === 'message' && frame.direction === 'out')).toBe(true)
    refused('not-supported', () => two.sip.actors())
  })
})

describe('status', () => {
  it('names clients, connections, registrations and calls, each with its owner', async () => {
    const world = stage()
    const one = await world.connected('one', 5060)
    one.connection.invite(world.bob.uri, { offer })
    one.connection.register({ aor: 'sip:alice@192.0.2.2' })
    world.server.listen({ port: 5090 })
    await world.run(10)
    const status = await Promise.race([one.port.status(), world.run(10).then(() => undefined)])
    expect(status).toMatchObject({
      clients: [{ client: 'one', session: 's1' }],
      connections: [
        { state: 'active', client: 'one', addresses: expect.arrayContaining(['udp 192.0.2.1:5060']) },
        { state: 'active', addresses: expect.arrayContaining(['udp 192.0.2.1:5090']) },
      ],
      registrations: [{ state: 'registering', client: 'one' }],
      calls: [{ state: 'calling', client: 'one' }],
    })
    expect(status?.connections[1]).not.toHaveProperty('client')
  })
})

describe('a request that no object claims', () => {
  const ask = (world: ReturnType<typeof stage>, method = 'MESSAGE') =>
    world.bob.request(method, {
      to: { host: alice, port: 5060 },
      uri: `sip:alice@${alice}`,
      ...(method === 'INVITE' ? { body: sdp('192.0.2.2') } : {}),
    })

  it('A06: goes to unboundRequests$; unanswered it is timedOut at 0.9·64·T1, and the peer gets 480 once', async () => {
    const world = stage()
    world.server.listen({ port: 5060 })
    const one = await world.attach('one')
    const seen = record(one.sip.unboundRequests$)
    await world.run(10)
    ask(world)
    await world.run(28_790)
    expect(seen.values.map(({ type }) => type)).toEqual(['request'])
    expect(world.bob.all(200).length + world.bob.all(480).length).toBe(0)
    await world.run(20)
    expect(seen.values.map(({ type, networkId }) => [type, networkId])).toEqual([
      ['request', seen.values[0]!.networkId],
      ['timedOut', seen.values[0]!.networkId],
    ])
    expect(world.bob.all(480)).toHaveLength(1)
    const { transaction } = seen.values[0]!
    refused('invalid-transaction-state', () => transaction!.respond(200))
    await world.run(100_000)
    expect(world.bob.all(480)).toHaveLength(1)
    expect(world.server.unclaimed.size).toBe(0)
  })

  it('is answered by who takes it, also a call', async () => {
    const world = stage()
    world.server.listen({ port: 5060 })
    const one = await world.attach('one')
    one.sip.unboundRequests$.subscribe(({ type, transaction, call }) => {
      if (type === 'timedOut') return
      transaction?.respond(202)
      void call?.accept(offer)
    })
    await world.run(10)
    ask(world)
    await world.run(10)
    expect(world.bob.next(202).status).toBe(202)
    const invite = ask(world, 'INVITE')
    await world.run(10)
    const ok = world.bob.next(200)
    const dialog = world.bob.inDialog(invite, ok)
    dialog.ack()
    await world.run(40_000)
    expect(world.server.unclaimed.size).toBe(0)
    one.near.destroy()
    await world.run(10)
    expect(world.bob.next('BYE').method).toBe('BYE')
  })

  it('gets 480 at once when nobody is there, and when nobody listens', async () => {
    const world = stage()
    world.server.listen({ port: 5060 })
    await world.run(10)
    ask(world)
    await world.run(10)
    expect(world.bob.next(480).status).toBe(480)
    await world.attach('one')
    ask(world)
    await world.run(10)
    expect(world.bob.next(480).status).toBe(480)
  })

  it('goes to who has a connection on that network, as its own', async () => {
    const world = stage()
    world.server.listen({ port: 5060 })
    const idle = await world.attach('idle')
    const unbound = record(idle.sip.unboundRequests$)
    const one = await world.connected('one', 5070)
    one.connection.requests$.subscribe(transaction => transaction.respond(200))
    await world.run(10)
    ask(world)
    await world.run(10)
    expect(world.bob.next(200).status).toBe(200)
    expect(unbound.values).toEqual([])
  })

  it('goes to who has a connection on all networks, whichever it comes by', async () => {
    const world = stage()
    world.server.listen({ host: alice, port: 5060 })
    const one = await world.attach('one')
    const unbound = record(one.sip.unboundRequests$)
    const everywhere = one.sip.connect({ host: '0.0.0.0', port: 5070 })
    await everywhere.active()
    expect(everywhere.networkId).toBe('*')
    everywhere.requests$.subscribe(transaction => transaction.respond(200))
    ask(world)
    await world.run(10)
    expect(world.bob.next(200).status).toBe(200)
    // One on that network itself goes before.
    const there = one.sip.connect({ port: 5080 })
    await there.active()
    there.requests$.subscribe(transaction => transaction.respond(202))
    ask(world)
    await world.run(10)
    expect(world.bob.next(202).status).toBe(202)
    expect(unbound.values).toEqual([])
  })

  it('waits for a hook that takes its time; a call that is taken back meanwhile is told nobody', async () => {
    let claim: (() => void) | undefined
    const world = stage({
      claim: (_, [first]) =>
        new Promise(resolve => {
          claim = () => resolve(first ?? { status: 603 })
        }),
    })
    world.server.listen({ port: 5060 })
    const one = await world.attach('one')
    const seen = record(one.sip.unboundRequests$)
    await world.run(10)
    const invite = ask(world, 'INVITE')
    await world.run(10)
    world.bob.cancel(invite)
    await world.run(10)
    expect(world.bob.next(487).status).toBe(487)
    claim!()
    await world.run(100)
    expect(seen.values).toEqual([])
    ask(world)
    await world.run(1000)
    claim!()
    await world.run(10)
    expect(seen.values.map(({ type }) => type)).toEqual(['request'])
  })

  it('is answered as the hook says, and 480 when it fails or is too late', async () => {
    let answer: () => Promise<never> | { readonly status: number } = () => ({ status: 603 })
    const world = stage({ claim: () => answer() })
    world.server.listen({ port: 5060 })
    await world.attach('one')
    await world.run(10)
    ask(world)
    await world.run(10)
    expect(world.bob.next(603).status).toBe(603)
    answer = () => Promise.reject(new Error('no'))
    ask(world)
    await world.run(10)
    expect(world.bob.next(480).status).toBe(480)
    answer = () => new Promise(() => undefined)
    ask(world)
    await world.run(28_790)
    expect(world.bob.all(480)).toHaveLength(1)
    await world.run(20)
    expect(world.bob.next(480).status).toBe(480)
  })
})
