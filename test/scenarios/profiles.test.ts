/** Acceptance scenarios of profiles at the border of the engine: C17, C18, F05, F06, H01 to H08, H12, H14, H16. */
import { describe, expect, it } from 'vitest'
import type { ProfileInput } from '../../src/profiles/data.ts'
import { createPeer } from '../support/peer.ts'
import { alice, profileStage } from './profile-support.ts'

const expiresOf = (contact: string | undefined) => /expires=(\d+)/.exec(contact ?? '')?.[1]

describe('a profile is used', () => {
  it('H01: a stored IETF profile that is enabled sends REGISTER with its AOR to its registrar by its proxy, and tells registered', async () => {
    const { engineWith, requests, run, registrar, network, aor } = await profileStage()
    const proxied: { route: string | undefined; uri: string }[] = []
    network.onPacket(({ bytes, to }) => {
      const text = new TextDecoder().decode(bytes)
      if (to.host === '192.0.2.10' && text.startsWith('REGISTER'))
        proxied.push({ route: /^Route: (.*)\r$/m.exec(text)?.[1], uri: text.split(' ')[1]! })
    })
    const { save, enable, told, states } = await engineWith()
    const id = await save({ ...alice, outboundProxy: { uri: 'sip:192.0.2.10' } })
    expect(requests()).toHaveLength(0)
    const use = enable(id)
    await run(100)
    const [register] = requests()
    expect(register!.header('to')).toBe(`<${aor}>`)
    expect(proxied[0]).toEqual({ route: '<sip:192.0.2.10;lr>', uri: 'sip:example.com' })
    expect(registrar.bindings(aor)).toHaveLength(1)
    expect(told(id)).toEqual([{ type: 'profileEvent', profile: id, uses: [use], is: 'registered' }])
    expect(states(id).map(({ is }) => is)).toEqual(['waitingForNetwork', 'registering', 'registered'])
    expect(states(id).at(-1)).toMatchObject({ users: 1, autoRegister: false, aors: [aor] })
  })

  it('H02: a profile with auto-registration is registered from the start of the engine, with nobody there', async () => {
    const { engineWith, requests, run, aor, registrar } = await profileStage()
    const first = await engineWith()
    await first.save({ ...alice, autoRegister: true })
    await run(100)
    expect(requests()).toHaveLength(1)
    await first.close()
    expect(registrar.bindings(aor)).toHaveLength(0)
    const before = requests().length
    const second = await engineWith({ host: '192.0.2.3' })
    await run(100)
    expect(requests()).toHaveLength(before + 1)
    expect(registrar.bindings(aor)).toHaveLength(1)
    expect(second.of('profiles')).toMatchObject([{ profiles: [{ fields: { autoRegister: true } }] }])
    expect(second.events[0]?.type).toBe('profiles')
  })

  it('C17: two users of one profile make one REGISTER, and both hear that it is registered', async () => {
    const { engineWith, requests, run } = await profileStage()
    const { save, enable, told, state } = await engineWith()
    const id = await save()
    const [one, other] = [enable(id), enable(id)]
    await run(100)
    expect(requests()).toHaveLength(1)
    expect(told(id)).toMatchObject([{ is: 'registered', uses: [one, other] }])
    expect(state(id)).toMatchObject({ is: 'registered', users: 2 })
    const third = enable(id)
    await run(100)
    expect(requests()).toHaveLength(1)
    expect([state(id).users, typeof third]).toEqual([3, 'string'])
  })

  it('C18: the first user that leaves changes nothing, with the second it is un-REGISTERed', async () => {
    const { engineWith, requests, run, registrar, aor } = await profileStage()
    const { save, enable, disable, state, told, engine } = await engineWith()
    const id = await save()
    const [one, other] = [enable(id), enable(id)]
    await run(100)
    disable(one)
    await run(10_000)
    expect(requests()).toHaveLength(1)
    expect(state(id)).toMatchObject({ is: 'registered', users: 1 })
    disable(other)
    await run(100)
    expect(requests()).toHaveLength(2)
    expect(expiresOf(requests()[1]!.header('contact'))).toBe('0')
    expect(registrar.bindings(aor)).toHaveLength(0)
    expect(state(id)).toMatchObject({ is: 'unregistered', users: 0 })
    expect(told(id).map(({ is }) => is)).toEqual(['registered', 'deregistered'])
    // Its connection ends with it: only the profile itself is left.
    await run(40_000)
    expect(engine.census().kinds).toEqual({ profile: 1 })
  })

  it('C18: a profile that registers by itself outlasts its users', async () => {
    const { engineWith, requests, run } = await profileStage()
    const { save, enable, disable, state } = await engineWith()
    const id = await save({ ...alice, autoRegister: true })
    const use = enable(id)
    await run(100)
    disable(use)
    await run(1000)
    expect(requests()).toHaveLength(1)
    expect(state(id)).toMatchObject({ is: 'registered', users: 0, autoRegister: true })
  })

  it('one more profile than the limit allows is refused, also when all are asked for at once', async () => {
    const { engineWith, run } = await profileStage()
    const { engine, of, save } = await engineWith({ options: { limits: { profiles: 2 } } })
    for (let count = 0; count < 4; count += 1)
      engine.dispatch({ type: 'profiles.save', fields: alice, request: engine.newId('request') })
    await run(10)
    expect(of('profileDone').map(({ error }) => error?.code)).toEqual([
      undefined,
      undefined,
      'in-use',
      'in-use',
    ])
    await expect(save()).rejects.toMatchObject({ code: 'in-use' })
  })

  it('one more user than the limit allows is refused, and changes nothing', async () => {
    const { engineWith, run } = await profileStage()
    const { save, enable, disable, state } = await engineWith({ options: { limits: { profileUsers: 2 } } })
    const id = await save()
    const [one] = [enable(id), enable(id)]
    expect(() => enable(id)).toThrowError(expect.objectContaining({ code: 'in-use' }))
    await run(100)
    expect(state(id)).toMatchObject({ is: 'registered', users: 2 })
    disable(one!)
    expect(() => enable(id)).not.toThrow()
  })

  it('a user that leaves while it is registering stops it', async () => {
    const { engineWith, run, registrar, aor, network, requests } = await profileStage()
    const { save, enable, disable, state } = await engineWith()
    network.set({ latency: 500 })
    const id = await save()
    const use = enable(id)
    await run(200)
    expect(state(id).is).toBe('registering')
    disable(use)
    await run(5000)
    expect(state(id).is).toBe('unregistered')
    expect(registrar.bindings(aor)).toHaveLength(0)
    expect(requests().map(({ method }) => method)).toEqual(['REGISTER', 'REGISTER'])
  })

  it('H06: two profiles with different proxies: each call goes by its own, under its own name', async () => {
    const { engineWith, run, network } = await profileStage({ users: { alice: 'a', carol: 'c' } })
    network.names.set('one.example', [{ host: '192.0.2.21', port: 5060 }])
    network.names.set('two.example', [{ host: '192.0.2.22', port: 5060 }])
    const proxies = ['192.0.2.21', '192.0.2.22'].map((host, at) =>
      createPeer(network, { host, name: `proxy${at}` }),
    )
    const { save, enable, state, engine, states } = await engineWith()
    const ids: string[] = []
    for (const [aor, proxy] of [
      ['sip:alice@example.com', 'sip:one.example'],
      ['sip:carol@example.com', 'sip:two.example'],
    ] as const) {
      ids.push(await save({ aors: [aor], outboundProxy: { uri: proxy } }))
    }
    for (const id of ids) enable(id)
    await run(100)
    for (const proxy of proxies) {
      const register = proxy.next('REGISTER')
      proxy.reply(register, 200, { headers: [['Contact', register.header('contact')!]] })
    }
    await run(100)
    expect(ids.map(id => state(id).is)).toEqual(['registered', 'registered'])
    const calls = ids.map(id => {
      const { connection, registration } = states(id).at(-1)!
      const call = engine.newId('call')
      engine.dispatch({
        type: 'call.invite',
        id: call,
        connection: connection!,
        invite: { uri: 'sip:bob@example.net', registration: registration!, offer: 'v=0\r\n' },
      })
      return call
    })
    await run(100)
    const invites = proxies.map(proxy => proxy.next('INVITE'))
    expect(invites.map(invite => invite.header('from')?.replace(/;tag.*/, ''))).toEqual([
      '<sip:alice@example.com>',
      '<sip:carol@example.com>',
    ])
    expect(invites.map(invite => invite.header('route'))).toEqual([
      '<sip:one.example;lr>',
      '<sip:two.example;lr>',
    ])
    // Each has a Contact of its own, which leads to its profile.
    const users = invites.map(invite => /<sip:([^@]*)@/.exec(invite.header('contact')!)![1])
    expect(new Set(users).size).toBe(2)
    expect(users.every(user => user!.length === 20)).toBe(true)
    for (const [at, proxy] of proxies.entries()) proxy.reply(invites[at]!, 486)
    await run(40_000)
    expect(calls).toHaveLength(2)
  })

  it('F06: a challenge of the registrar is answered with the password of the profile', async () => {
    const { engineWith, run, requests } = await profileStage({ challenge: true })
    const { save, enable, state, of } = await engineWith()
    const id = await save()
    enable(id)
    await run(100)
    expect(state(id).is).toBe('registered')
    expect(requests().map(request => request.header('authorization') !== undefined)).toEqual([false, true])
    expect(of('challenge')).toEqual([])
    expect(of('error')).toEqual([])
  })

  it('F05: a challenge of the proxy to an INVITE is answered with its own password, and nobody is asked', async () => {
    const { engineWith, run, network } = await profileStage()
    const proxy = createPeer(network, { host: '192.0.2.21', name: 'proxy' })
    const { save, enable, states, engine, of } = await engineWith()
    const id = await save(
      { ...alice, outboundProxy: { uri: 'sip:192.0.2.21', username: 'edge' } },
      { registrarPassword: 'wonderland', proxyPassword: 'mirror' },
    )
    enable(id)
    await run(100)
    const register = proxy.next('REGISTER')
    proxy.reply(register, 200, { headers: [['Contact', register.header('contact')!]] })
    await run(100)
    const { connection, registration } = states(id).at(-1)!
    const call = engine.newId('call')
    engine.dispatch({
      type: 'call.invite',
      id: call,
      connection: connection!,
      invite: { uri: 'sip:bob@example.net', registration: registration!, offer: 'v=0\r\n' },
    })
    await run(100)
    proxy.reply(proxy.next('INVITE'), 407, {
      headers: [['Proxy-Authenticate', 'Digest realm="proxy", nonce="n", algorithm=MD5, qop="auth"']],
    })
    await run(100)
    proxy.next('ACK')
    const again = proxy.next('INVITE')
    expect(again.header('proxy-authorization')).toContain('username="edge"')
    expect(of('challenge')).toEqual([])
    proxy.reply(again, 486)
    await run(40_000)
  })

  it('F05: the password of the registrar is not shown to a proxy that has its own', async () => {
    const { engineWith, run, network } = await profileStage()
    const proxy = createPeer(network, { host: '192.0.2.21', name: 'proxy' })
    const { save, enable } = await engineWith()
    const id = await save(
      { ...alice, outboundProxy: { uri: 'sip:192.0.2.21', username: 'edge' } },
      { registrarPassword: 'wonderland', proxyPassword: 'mirror' },
    )
    enable(id)
    await run(100)
    proxy.reply(proxy.next('REGISTER'), 407, {
      headers: [['Proxy-Authenticate', 'Digest realm="p", nonce="n", algorithm=MD5, qop="auth"']],
    })
    await run(100)
    const second = proxy.next('REGISTER')
    expect(second.header('proxy-authorization')).toContain('username="edge"')
    proxy.reply(second, 401, {
      headers: [['WWW-Authenticate', 'Digest realm="r", nonce="m", algorithm=MD5, qop="auth"']],
    })
    await run(100)
    const third = proxy.next('REGISTER')
    expect(third.header('authorization')).toContain('username="alice"')
    expect(third.header('proxy-authorization')).toContain('username="edge"')
    proxy.reply(third, 200, { headers: [['Contact', third.header('contact')!]] })
    await run(100)
  })
})

describe('a profile is changed', () => {
  it('H03: one that is used is not removed; afterwards it is un-REGISTERed first', async () => {
    const { engineWith, run, requests, registrar, aor } = await profileStage()
    const { save, enable, disable, engine, of, changed, told } = await engineWith()
    const id = await save()
    const use = enable(id)
    await run(100)
    expect(() => engine.dispatch({ type: 'profiles.remove', request: 'r', profile: id })).toThrowError(
      expect.objectContaining({ code: 'in-use' }),
    )
    disable(use)
    engine.dispatch({ type: 'profiles.remove', request: 'r', profile: id })
    expect(() => engine.dispatch({ type: 'profiles.remove', request: 's', profile: id })).toThrowError(
      expect.objectContaining({ code: 'not-found' }),
    )
    await run(100)
    expect(of('profileDone').at(-1)).toEqual({ type: 'profileDone', request: 'r' })
    expect(requests()).toHaveLength(2)
    expect(registrar.bindings(aor)).toHaveLength(0)
    expect(changed().map(({ change }) => change)).toEqual(['created', 'removed'])
    expect(told(id).map(({ is }) => is)).toEqual(['registered', 'deregistered', 'destroyed'])
    expect(() => enable(id)).toThrowError(expect.objectContaining({ code: 'not-found' }))
  })

  it('H03: one that registers by itself and has no user is un-REGISTERed, then removed', async () => {
    const { engineWith, run, requests, registrar, aor, store } = await profileStage()
    const { save, done, close } = await engineWith()
    const id = await save({ ...alice, autoRegister: true })
    await run(100)
    await done({ type: 'profiles.remove', profile: id })
    await run(100)
    expect([requests().length, registrar.bindings(aor).length]).toEqual([2, 0])
    await close()
    expect(await store.open()).toMatchObject({ profiles: [], bindings: [] })
    await store.close()
  })

  it('H04: another registrar: told, the old binding goes, a new one comes', async () => {
    const { engineWith, run, network, registrar, aor, requests } = await profileStage()
    network.names.set('other.example', [{ host: '192.0.2.30', port: 5060 }])
    const other = createPeer(network, { host: '192.0.2.30', name: 'other' })
    const { save, enable, changed, state, told, of } = await engineWith()
    const id = await save()
    enable(id)
    await run(100)
    const before = of('profileChanged')[0]!.info!
    await save({ ...alice, registrar: { uri: 'sip:other.example', username: 'alice' } }, {}, id)
    await run(100)
    expect(changed().map(({ change }) => change)).toEqual(['created', 'updated'])
    expect(expiresOf(requests().at(-1)!.header('contact'))).toBe('0')
    expect(registrar.bindings(aor)).toHaveLength(0)
    const register = other.next('REGISTER')
    expect(register.callId).not.toBe(requests()[0]!.callId)
    other.reply(register, 200, { headers: [['Contact', register.header('contact')!]] })
    await run(100)
    expect(state(id)).toMatchObject({ is: 'registered', users: 1 })
    expect(told(id).map(({ is }) => is)).toEqual(['registered', 'deregistered', 'registered'])
    // What was read before the save keeps its values, and nobody can change it.
    expect(before.fields.registrar?.uri).toBe('sip:example.com')
    expect(Object.isFrozen(before.fields)).toBe(true)
  })

  it('H05: another name, other credentials, other extensions: nothing goes on the wire', async () => {
    const { engineWith, run, requests, registrar } = await profileStage({ challenge: true })
    const { save, enable, changed, state } = await engineWith()
    const id = await save()
    enable(id)
    await run(100)
    const before = requests().length
    await save({ ...alice, name: 'Office', extensions: { color: 'red' } }, {}, id)
    await save({ ...alice, registrar: { uri: 'sip:example.com', username: 'Alice' } }, {}, id)
    await run(1000)
    expect(requests()).toHaveLength(before)
    expect(changed().map(({ change }) => change)).toEqual(['created', 'updated', 'updated'])
    expect(state(id).is).toBe('registered')
    // The new name is used as soon as somebody asks for it.
    registrar.expireNonces()
    await run(3_000_000)
    expect(requests().some(request => request.header('authorization')?.includes('username="Alice"'))).toBe(
      true,
    )
  })

  it('H04: other Contact parameters: one REGISTER in place, same Call-ID, next number', async () => {
    const { engineWith, run, requests, registrar, aor } = await profileStage()
    const { save, enable, told } = await engineWith()
    const id = await save()
    enable(id)
    await run(100)
    await save({ ...alice, contactParams: ['+g.oma.sip-im', 'q=0.5'] }, {}, id)
    await run(100)
    const [first, second, ...rest] = requests()
    expect(rest).toEqual([])
    expect([second!.callId, second!.cseq.seq]).toEqual([first!.callId, first!.cseq.seq + 1])
    expect(second!.header('contact')).toContain(';+g.oma.sip-im;q=0.5')
    expect(registrar.bindings(aor)).toHaveLength(1)
    expect(told(id).map(({ is }) => is)).toEqual(['registered'])
  })

  it('H04: a save while it is registering waits for its end', async () => {
    const { engineWith, run, network, requests, registrar, aor } = await profileStage()
    const { save, enable, state } = await engineWith()
    const id = await save()
    network.set({ latency: 500 })
    enable(id)
    await run(200)
    await save({ ...alice, headers: [['X-Office', '1']] }, {}, id)
    await run(200)
    expect(requests().length).toBeLessThanOrEqual(1)
    await run(5000)
    expect(state(id).is).toBe('registered')
    expect(requests().map(request => request.header('x-office'))).toEqual([undefined, undefined, '1'])
    expect(registrar.bindings(aor)).toHaveLength(1)
  })

  it('H12: extension parameters keep their types over a restart, passwords are never told, an empty one keeps the old one', async () => {
    const { engineWith, run, store } = await profileStage({ challenge: true })
    const extensions: ProfileInput['extensions'] = { a: 'text', b: 5, c: true, d: ['x', 'y'] }
    const first = await engineWith()
    const id = await first.save({ ...alice, extensions })
    await first.save({ ...alice, extensions }, { registrarPassword: '' }, id)
    await first.close()
    const second = await engineWith({ host: '192.0.2.3' }, store)
    const [told] = second.of('profiles')[0]!.profiles
    expect(told).toMatchObject({ id, fields: { extensions }, secrets: ['registrarPassword'] })
    expect(JSON.stringify([first.events, second.events])).not.toContain('wonderland')
    second.enable(id)
    await run(100)
    expect(second.state(id).is).toBe('registered')
    expect(JSON.stringify(second.engine.context(id))).not.toContain('wonderland')
  })

  it('H12: what the stack gives is read only, and what is no profile is refused with nothing done', async () => {
    const { engineWith } = await profileStage()
    const { save, engine, changed } = await engineWith()
    const id = await save()
    const user = changed()[0]!.info!.fields.contactUser!
    expect(user).toMatch(/^[a-z2-7]{20}$/)
    const saving = (fields: ProfileInput, profile?: string) => () =>
      engine.dispatch({
        type: 'profiles.save',
        request: 'x',
        fields,
        ...(profile !== undefined && { profile }),
      })
    expect(saving({ ...alice, contactUser: 'a'.repeat(20) }, id)).toThrowError(
      expect.objectContaining({ code: 'permission' }),
    )
    expect(saving({ aors: ['tel:+1'] })).toThrowError(expect.objectContaining({ code: 'argument' }))
    expect(saving(alice, 'nobody')).toThrowError(expect.objectContaining({ code: 'not-found' }))
    expect(() => engine.dispatch({ type: 'profile.retry', id: 'none' })).toThrowError(
      expect.objectContaining({ code: 'resource-not-available' }),
    )
    expect(changed()).toHaveLength(1)
    await save({ ...alice, contactUser: user }, {}, id)
    expect(changed().at(-1)!.info!.fields.contactUser).toBe(user)
  })

  it('H14: the types that are served are ims, ietf and other', async () => {
    const { engineWith } = await profileStage()
    const { of } = await engineWith()
    expect(of('profiles')[0]!.types).toEqual([
      { class: 'ims', name: 'ims' },
      { class: 'internet', name: 'ietf' },
      { class: 'other', name: 'other' },
    ])
  })

  it('H16: forced to end: all users hear it, it is un-REGISTERed, what else is on its connection stays', async () => {
    const { engineWith, run, network, requests } = await profileStage()
    const bob = createPeer(network, { host: '192.0.2.2', name: 'bob' })
    const { save, enable, states, engine, dispatch, told, state, of } = await engineWith()
    const id = await save({ ...alice, autoRegister: true })
    const uses = [enable(id), enable(id)]
    await run(100)
    const { connection, registration } = states(id).at(-1)!
    const call = engine.newId('call')
    engine.dispatch({
      type: 'call.invite',
      id: call,
      connection: connection!,
      invite: { uri: bob.uri, registration: registration!, offer: 'v=0\r\n' },
    })
    await run(100)
    const invite = bob.next('INVITE')
    const ok = bob.reply(invite, 200)
    await run(100)
    bob.next('ACK')
    dispatch({ type: 'profile.forceDisable', profile: id })
    await run(5000)
    expect(told(id).map(({ is }) => is)).toEqual(['registered', 'forciblyDisabled', 'deregistered'])
    expect(told(id)[1]).toMatchObject({ uses })
    expect(expiresOf(requests().at(-1)!.header('contact'))).toBe('0')
    expect(state(id)).toMatchObject({ is: 'unregistered', users: 0, autoRegister: false })
    expect(of('state').findLast(event => event.id === call)?.state.is).toBe('confirmed')
    expect(of('closed').some(event => event.id === connection)).toBe(false)
    // The connection goes with the last of it.
    bob.inDialog(invite, ok).request('BYE')
    await run(80_000)
    expect(of('closed').some(event => event.id === connection)).toBe(true)
  })
})

describe('the default', () => {
  it('is the first one, moves when it is told to, and to another when its profile goes', async () => {
    const { engineWith, store } = await profileStage()
    const { save, changed, done, close } = await engineWith()
    const [one, two, three] = [
      await save(alice),
      await save({ aors: ['sip:b@example.com'] }),
      await save({ aors: ['sip:c@example.com'] }),
    ]
    expect(changed().at(-1)).toMatchObject({ profile: three, defaultId: one })
    await done({ type: 'profiles.setDefault', profile: two })
    expect(changed().at(-1)).toMatchObject({ change: 'default', defaultId: two })
    await done({ type: 'profiles.remove', profile: two })
    expect(changed().at(-1)).toMatchObject({ change: 'removed', defaultId: one })
    await done({ type: 'profiles.remove', profile: one })
    await done({ type: 'profiles.remove', profile: three })
    expect(changed().at(-1)).not.toHaveProperty('defaultId')
    await close()
    expect(await store.open()).toMatchObject({ profiles: [] })
    await store.close()
  })
})
