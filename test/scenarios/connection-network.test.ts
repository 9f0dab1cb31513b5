/** The network of a connection comes and goes: rows A03, A05, D35 and G01 to G07 of docs/scenarios.md. */
import { expect, it } from 'vitest'
import { type Connection, createSip, SipError } from '../../src/index.ts'
import { refused } from '../api/support.ts'
import { createPeer } from '../support/peer.ts'
import { createWorld } from '../support/world.ts'
import { createScene, follow, record, registrarScene } from './support.ts'

const alice = '192.0.2.1'

/** Every state and every error of a connection from now on. */
const watchConnection = (connection: Connection) => {
  const states = record(connection.state$)
  const errors = record(connection.errors$)
  return {
    get states() {
      return states.values.map(({ is }) => is)
    },
    get errors() {
      return errors.values.map(({ code }) => code)
    },
  }
}

/** Two bindings, a call and a request under way, all of them watched. */
const busyScene = async () => {
  const scene = await registrarScene()
  const { network, world, connection } = scene
  const bindings = [
    scene.register(),
    scene.register({ aor: 'sip:alice@example.com', contact: 'sip:work@192.0.2.1' }),
  ]
  const peer = await world.party('192.0.2.2')
  peer.connection.calls$.subscribe(call => void call.accept())
  const call = connection.invite('sip:bob@192.0.2.2:5060')
  const story = follow(call)
  await world.run(2000)
  network.partition('192.0.2.3')
  network.platform({ host: '192.0.2.3' })
  const pending = connection.request({ method: 'OPTIONS', uri: 'sip:carol@192.0.2.3' })
  const answers = { states: record(pending.state$), errors: record(pending.errors$) }
  await world.run(1000)
  expect(bindings.map(({ registration }) => registration.state.is)).toEqual(['registered', 'registered'])
  expect(call.state.is).toBe('confirmed')
  const sent: string[] = []
  network.onPacket(({ from, text }) => {
    if (from.host === alice) sent.push(text.split(' ')[0]!)
  })
  const events = record(scene.sip.events$)
  return { ...scene, bindings, call, story, pending, answers, sent, events, host: network.host(alice) }
}

it('G01, D35: a lost network is one event; no error, no BYE, nothing on the wire', async () => {
  const scene = await busyScene()
  const { connection, run, host, sent, story, call, bindings, answers, events } = scene
  const own = watchConnection(connection)
  const before = story.states.length
  host.down()
  await run(200_000)
  expect(own.states).toEqual(['active', 'inactive'])
  expect([own.errors, story.errors, answers.errors.values]).toEqual([[], [], []])
  expect(bindings.flatMap(({ errors }) => errors.values)).toEqual([])
  const types = events.values.map(({ type }) => type)
  expect([types[0], new Set(types.slice(1))]).toEqual(['state', new Set(['closed'])])
  expect(sent).toEqual([])
  // Everything that it held has completed, without another state.
  expect([story.complete, answers.states.complete]).toEqual([true, true])
  expect(bindings.every(({ states, errors }) => states.complete && errors.complete)).toBe(true)
  expect(story.states.length).toBe(before)
  refused('not-ready', () => call.hold())
  refused('not-ready', () => connection.invite('sip:bob@192.0.2.2'))
})

it('D35: after the return nothing is left of what was: a BYE of the old dialog gets 481', async () => {
  const scene = await createScene()
  const { dialog, story } = await scene.established()
  const host = scene.network.host(alice)
  host.down()
  await scene.run(60_000)
  host.up()
  await scene.run(1000)
  expect(scene.connection.state.is).toBe('active')
  const words = scene.ourWords().length
  dialog.request('BYE')
  await scene.run(1000)
  expect(scene.ourWords().slice(words)).toEqual(['481 BYE'])
  expect(story.errors).toEqual([])
})

/** A platform whose networks are told of by hand, and sockets refused by hand. */
const handled = (world: ReturnType<typeof createWorld>) => {
  const platform = world.network.platform({ host: alice })
  const hand = { up: true, binds: true, tell: (): void => {}, probed: [] as unknown[], looks: [] as number[] }
  const sip = createSip({
    platform: {
      ...platform,
      transports: platform.transports.map(transport => ({
        ...transport,
        listen: (local, accept) =>
          hand.binds
            ? transport.listen(local, accept)
            : Promise.reject(
                new SipError('transport', 'no such address', { cause: { code: 'EADDRNOTAVAIL' } }),
              ),
      })),
      networks: {
        interfaces: () => {
          hand.looks.push(world.clock.now())
          return hand.up ? platform.networks!.interfaces() : []
        },
        watch: listener => {
          hand.tell = listener
          return () => {}
        },
        probe: network => void hand.probed.push(network),
      },
    },
  })
  return { hand, sip, connection: sip.connect() }
}

it('G02: refresh looks for a lost network at once; the state tells what became of it', async () => {
  const world = createWorld()
  const { hand, sip, connection } = handled(world)
  await connection.active()
  refused('not-ready', () => connection.refresh())
  const own = watchConnection(connection)
  hand.up = false
  hand.tell()
  hand.up = true
  await world.run(60_000)
  // Nobody has told of its return, and the first attempt is in five minutes.
  expect(connection.state.is).toBe('inactive')
  connection.refresh()
  await world.run(0)
  expect(own.states).toEqual(['active', 'inactive', 'active'])
  expect([hand.probed, own.errors]).toEqual([['eth0'], []])
  await sip.close()
})

it('G02: what refresh cannot find stays lost, and is given up after 20 s', async () => {
  const world = createWorld()
  const { hand, sip, connection } = handled(world)
  await connection.active()
  const own = watchConnection(connection)
  hand.up = false
  hand.tell()
  connection.refresh()
  await world.run(30_000)
  expect(hand.probed.length).toBe(5)
  expect([own.states, own.errors]).toEqual([['active', 'inactive'], []])
  await sip.close()
})

it('G02: a network on which nothing can be bound is not back; the reason is there', async () => {
  const world = createWorld()
  const { hand, sip, connection } = handled(world)
  await connection.active()
  const own = watchConnection(connection)
  hand.up = false
  hand.tell()
  hand.binds = false
  hand.up = true
  hand.tell()
  await world.run(10)
  expect([own.states, own.errors, connection.lastError?.code]).toEqual([
    ['active', 'inactive'],
    [],
    'transport',
  ])
  hand.binds = true
  await world.run(20 * 60_000)
  expect(own.states).toEqual(['active', 'inactive', 'active'])
  await sip.close()
})

it('G02: without anybody who watches the network there is nothing to ask', async () => {
  const world = createWorld()
  const { connection, sip } = await world.party(alice, {}, {}, { networks: false })
  expect(connection.networkId).toBe(alice)
  refused('not-ready', () => connection.refresh())
  refused('not-supported', () => sip.connect({ network: 'eth0' }))
  await world.end()
})

it('G02: a lost network is tried by itself, at first after five minutes', async () => {
  const world = createWorld()
  const { hand, sip, connection } = handled(world)
  await connection.active()
  hand.up = false
  hand.tell()
  const since = world.clock.now()
  hand.looks.length = 0
  await world.run(310_000)
  expect(hand.looks.map(time => (time - since) / 1000)).toEqual([300, 304, 308])
  await world.run(900_000)
  hand.up = true
  await world.run(1_500_000)
  expect(connection.state.is).toBe('active')
  await sip.close()
})

it('G03: the reason of a loss is asked for, not told', async () => {
  const { connection, run, host } = await busyScene()
  expect(connection.lastError).toBeUndefined()
  host.down()
  expect(connection.lastError).toMatchObject({
    code: 'could-not-connect',
    symbianCode: 'KErrCouldNotConnect',
  })
  await run(10)
  const late = record(connection.errors$)
  expect(late.values).toEqual([])
})

it('G04: active again, the application registers anew', async () => {
  const scene = await busyScene()
  const { connection, run, host, registrar } = scene
  const own = watchConnection(connection)
  host.down()
  await run(5000)
  host.up()
  await run(1000)
  expect(own.states).toEqual(['active', 'inactive', 'active'])
  const before = registrar.log.length
  const { registration } = scene.register()
  await run(1000)
  expect(registration.state.is).toBe('registered')
  expect(registrar.log.length).toBe(before + 1)
})

it('G05: a refresh that falls due while the network is held fails by itself; the binding stays', async () => {
  const scene = await registrarScene()
  const { registration, errors } = scene.register({ expires: 120 })
  await scene.run(1000)
  const { connection, run, network, registrar } = scene
  const own = watchConnection(connection)
  const host = network.host(alice)
  host.suspend()
  expect(connection.state.is).toBe('suspended')
  refused('not-ready', () => connection.request({ method: 'OPTIONS', uri: 'sip:bob@example.com' }))
  await run(70_000)
  expect(errors.values.map(({ code }) => code)).toEqual(['could-not-connect'])
  expect(registration.state.is).toBe('unregistered')
  host.resume()
  await run(1000)
  expect(own.states).toEqual(['active', 'suspended', 'active'])
  expect(own.errors).toEqual([])
  // One REGISTER in all: nothing was taken back at the registrar.
  expect(registrar.log.length).toBe(1)
  registration.register()
  await run(1000)
  expect(registration.state.is).toBe('registered')
})

it('G05: what is under way goes on after the network was held', async () => {
  const scene = await createScene()
  const { call, dialog, story } = await scene.established()
  const host = scene.network.host(alice)
  host.suspend()
  await scene.run(10_000)
  host.resume()
  await scene.run(10)
  expect(call.state.is).toBe('confirmed')
  dialog.request('BYE')
  await scene.run(10)
  expect([story.states.at(-1), story.errors]).toEqual(['terminated', []])
})

it('G06: a network that is gone for good makes it unavailable, once and without errors', async () => {
  const scene = await busyScene()
  const { connection, run, host, sent, story, bindings, sip } = scene
  const own = watchConnection(connection)
  host.remove()
  await run(10)
  host.up()
  await run(4_000_000)
  expect([own.states, own.errors, story.errors, sent]).toEqual([['active', 'unavailable'], [], [], []])
  expect(bindings.every(({ states, errors }) => states.complete && errors.values.length === 0)).toBe(true)
  expect(connection.lastError?.code).toBe('could-not-connect')
  refused('not-ready', () => connection.refresh())
  refused('not-ready', () => connection.register({ aor: 'sip:alice@example.com' }))
  await connection.close()
  expect(own.states).toEqual(['active', 'unavailable', 'closed'])
  expect(sip.connections).toEqual([])
})

it('G07: another address while the network stays: bindings name it, calls may move', async () => {
  const scene = await registrarScene()
  const { connection, network, run, registrar, world } = scene
  const peer = await world.party('192.0.2.2')
  peer.connection.calls$.subscribe(call => void call.accept())
  const { registration, states, errors } = scene.register()
  const call = connection.invite('sip:bob@192.0.2.2:5060')
  await run(1000)
  const own = watchConnection(connection)
  const addresses = record(connection.localAddress$)
  network.host(alice).change('192.0.2.77')
  await run(2000)
  expect(own).toMatchObject({ states: ['active'], errors: [] })
  expect(addresses.values.map(({ host, port }) => [host, port])).toEqual([
    [alice, 5060],
    ['192.0.2.77', 5060],
  ])
  const contacts = registrar.log.at(-1)!.request.headers('contact')
  expect(contacts[0]).toContain('@192.0.2.77:5060')
  expect([registration.state.is, errors.values]).toEqual(['registered', []])
  expect(states.values.at(-1)).toMatchObject({
    is: 'registered',
    contact: expect.stringContaining('192.0.2.77'),
  })
  const moved = call.moveTo('192.0.2.77:5060')
  await run(1000)
  await moved
  void call.hangUp()
  await run(1000)
  expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'bye' } })
})

it('G07: a request under way by UDP goes on from the new address', async () => {
  const scene = await createScene()
  const request = scene.connection.request({ method: 'OPTIONS', uri: scene.bob.uri })
  await scene.run(10)
  scene.bob.next('OPTIONS')
  scene.network.host(alice).change('192.0.2.77')
  await scene.run(600)
  const again = scene.bob.next('OPTIONS')
  expect(again.cseq.seq).toBe(1)
  scene.bob.reply(again, 200)
  await scene.run(100)
  expect((await request.response()).status).toBe(200)
})

it('G07: when nothing can be bound at the new address it is as if the network were lost', async () => {
  const world = createWorld()
  const { hand, sip, connection } = handled(world)
  await connection.active()
  const own = watchConnection(connection)
  world.network.host(alice).change('192.0.2.77')
  hand.binds = false
  hand.tell()
  await world.run(10)
  expect([own.states, own.errors, connection.lastError?.code]).toEqual([
    ['active', 'inactive'],
    [],
    'transport',
  ])
  await sip.close()
})

it('A05: a network that is named has one connection; another network has one with its own Contact', async () => {
  const world = createWorld()
  const peer = createPeer(world.network, { host: '192.0.2.2' })
  const platform = world.network.platform({
    host: alice,
    networks: { eth0: alice, wlan0: '198.51.100.1' },
  })
  const sip = createSip({ platform })
  const wired = sip.connect({ network: 'eth0' })
  refused('already-exists', () => sip.connect({ network: 'eth0' }))
  refused('already-exists', () => sip.connect({ network: alice }))
  refused('already-exists', () => sip.connect({ network: 'eth0', port: 0 }))
  const second = sip.connect({ network: 'eth0', port: 5090 })
  const mobile = sip.connect({ network: 'wlan0' })
  await Promise.all([wired.active(), second.active(), mobile.active()])
  expect([wired.networkId, mobile.networkId]).toEqual(['eth0', 'wlan0'])
  expect([sip.connection('eth0'), sip.connection('wlan0'), sip.connection('lo')]).toEqual([
    wired,
    mobile,
    undefined,
  ])
  mobile.invite(peer.uri)
  await world.run(10)
  expect(peer.next('INVITE').header('contact')).toContain('@198.51.100.1:')
  wired.invite(peer.uri)
  await world.run(10)
  expect(peer.next('INVITE').header('contact')).toContain(`@${alice}:`)
  world.network.host('198.51.100.1').down()
  expect([wired.state.is, mobile.state.is]).toEqual(['active', 'inactive'])
  await world.run(100)
  const closed = wired.close()
  await world.run(200_000)
  await closed
  await sip.connect({ network: 'eth0' }).active()
  const all = sip.close()
  await world.run(200_000)
  await all
})

it('A05: a network that the host does not have makes the connection unavailable', async () => {
  const world = createWorld()
  const sip = createSip({ platform: world.network.platform({ host: alice }) })
  const connection = sip.connect({ network: 'ppp0' })
  const own = watchConnection(connection)
  await expect(connection.active()).rejects.toMatchObject({ code: 'not-found' })
  expect([own.states, own.errors, connection.networkId]).toEqual([['unavailable'], [], 'ppp0'])
  await sip.close()
})

it('a connection waits in init for a network that has no address yet', async () => {
  const world = createWorld()
  const platform = world.network.platform({ host: alice })
  let addresses: string[] = []
  const networks = { interfaces: () => [{ name: 'eth0', addresses }], watch: () => () => {} }
  const sip = createSip({ platform: { ...platform, networks } })
  const connection = sip.connect({ network: 'eth0' })
  await world.run(2500)
  refused('not-ready', () => connection.invite('sip:bob@192.0.2.2'))
  addresses = [alice]
  await world.run(1000)
  expect(connection.state.is).toBe('active')
  await sip.close()
})
