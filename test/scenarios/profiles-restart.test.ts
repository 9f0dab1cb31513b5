/** A restarted engine goes on with the registrations of profiles: same Call-ID, higher CSeq, same instance, no second binding. */
import { describe, expect, it } from 'vitest'
import { SipError } from '../../src/errors.ts'
import { createSip } from '../../src/index.ts'
import { memoryProfileStore } from '../../src/testing/index.ts'
import { alice, profileStage } from './profile-support.ts'

const instanceOf = (contact: string | undefined) => /\+sip\.instance="<([^>]*)>"/.exec(contact ?? '')?.[1]
const auto = { ...alice, autoRegister: true }

describe('after a restart', () => {
  it('a killed engine is followed by one that goes on within 2 s, and the registrar has one binding', async () => {
    const { engineWith, run, requests, registrar, aor, clock } = await profileStage()
    const first = await engineWith()
    const id = await first.save(auto)
    await run(5000)
    const [before] = registrar.bindings(aor)
    await first.kill()
    const started = clock.now()
    const second = await engineWith({ host: '192.0.2.3' })
    await run(2000)
    expect(second.state(id).is).toBe('registered')
    const [one, other] = requests()
    expect(registrar.log[1]!.time - started).toBeLessThan(2000)
    expect(other!.callId).toBe(one!.callId)
    expect(other!.cseq.seq).toBeGreaterThan(one!.cseq.seq)
    expect(instanceOf(other!.header('contact'))).toBe(instanceOf(one!.header('contact')))
    expect(instanceOf(one!.header('contact'))).toMatch(/^urn:uuid:/)
    // Another address: the old Contact goes in the same REGISTER.
    expect(other!.headers('contact')[1]).toContain('192.0.2.1')
    expect(other!.headers('contact')[1]).toContain('expires=0')
    const after = registrar.bindings(aor)
    expect(after).toHaveLength(1)
    expect(before).toBeDefined()
  })

  it("killed before its Contact was stored it takes that back when it is started elsewhere, and nobody else's", async () => {
    const { engineWith, run, requests, registrar, store, aor, network } = await profileStage()
    // The 200 is there, and the write never ends.
    const mute = {
      ...store,
      saveBinding: (binding: Parameters<typeof store.saveBinding>[0]) =>
        binding.contact === '' ? store.saveBinding(binding) : new Promise<void>(() => {}),
    }
    const first = await engineWith({}, mute)
    const id = await first.save(auto)
    await run(5000)
    await first.kill()
    const theirs = createSip({ platform: network.platform({ host: '192.0.2.20' }) })
    const connection = theirs.connect({ port: 5060 })
    await run(10)
    connection.register({ aor })
    await run(1000)
    const second = await engineWith({ host: '192.0.2.3' }, mute)
    await run(5000)
    await second.kill()
    // No binding was ever stored, so each life leaves one behind, but for what the next one finds.
    const third = await engineWith({ host: '192.0.2.4' })
    await run(5000)
    expect(third.state(id).is).toBe('registered')
    expect(registrar.bindings(aor).map(({ uri }) => /@([\d.]+)/.exec(uri)?.[1])).toEqual([
      '192.0.2.20',
      '192.0.2.4',
    ])
    const ours = requests().filter(({ callId }) => callId === requests()[0]!.callId)
    expect(ours.map(request => request.headers('contact').slice(1).join())).toEqual([
      '',
      '',
      expect.stringMatching(/^<sip:[^>]*@192\.0\.2\.1:5060>;expires=0$/),
      '',
      expect.stringMatching(/^<sip:[^>]*@192\.0\.2\.3:5060>;expires=0$/),
    ])
    expect(new Set(ours.map(({ cseq }) => cseq.seq)).size).toBe(5)
    const closed = theirs.close()
    await run(40_000)
    await closed
  })

  it('no number is used twice, wherever it is killed: the store knows each before it is sent', async () => {
    const { engineWith, run, requests, registrar, store } = await profileStage({ challenge: true })
    const hosts = ['192.0.2.1', '192.0.2.3', '192.0.2.4', '192.0.2.5', '192.0.2.6', '192.0.2.7']
    let id = ''
    for (const [at, host] of hosts.entries()) {
      const engine = await engineWith({ host })
      if (at === 0) id = await engine.save(auto)
      registrar.expireNonces()
      // Killed before, between and after the answers.
      await run([2, 1, 3, 4000, 4_000_000, 5][at]!)
      await engine.kill()
    }
    const last = await engineWith({ host: '192.0.2.8' })
    await run(2000)
    expect(last.state(id).is).toBe('registered')
    const numbers = requests().map(({ cseq }) => cseq.seq)
    expect(new Set(requests().map(({ callId }) => callId)).size).toBe(1)
    expect(new Set(numbers).size).toBe(numbers.length)
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    await last.close()
    expect(await store.open()).toMatchObject({ bindings: [] })
    await store.close()
  })

  it('REGISTER waits until the store knows its number', async () => {
    const { engineWith, run, requests, clock } = await profileStage()
    const store = memoryProfileStore()
    const slow = {
      ...store,
      saveBinding: (binding: Parameters<typeof store.saveBinding>[0]) =>
        new Promise<void>((resolve, reject) => {
          clock.setTimeout(() => store.saveBinding(binding).then(resolve, reject), 700)
        }),
    }
    const { save, enable, state } = await engineWith({}, slow)
    const id = await save()
    enable(id)
    await run(600)
    expect([requests().length, state(id).is]).toEqual([0, 'registering'])
    await run(200)
    expect([requests().length, state(id).is]).toEqual([1, 'registered'])
    await run(2000)
  })

  it('one that was disabled in order begins anew, with another Call-ID', async () => {
    const { engineWith, run, requests } = await profileStage()
    const { save, enable, disable } = await engineWith()
    const id = await save()
    const use = enable(id)
    await run(100)
    disable(use)
    await run(100)
    enable(id)
    await run(100)
    const [first, , third] = requests()
    expect(third!.callId).not.toBe(first!.callId)
    expect(instanceOf(third!.header('contact'))).toBe(instanceOf(first!.header('contact')))
  })

  it('an engine that is closed to be started again leaves its binding, and the next goes on with it', async () => {
    const { engineWith, run, requests, registrar, aor } = await profileStage()
    const first = await engineWith()
    const id = await first.save(auto)
    await run(100)
    await first.close(true)
    expect(first.of('profileDone').at(-1)).not.toHaveProperty('error')
    expect(first.engine.census()).toMatchObject({ timers: 0 })
    expect([requests().length, registrar.bindings(aor).length]).toEqual([1, 1])
    const second = await engineWith()
    await run(100)
    expect(second.state(id).is).toBe('registered')
    expect(requests()[1]!.callId).toBe(requests()[0]!.callId)
    expect(registrar.bindings(aor)).toHaveLength(1)
  })

  it('a binding whose time is over is no reason to take anything back', async () => {
    const { engineWith, run, requests } = await profileStage()
    const first = await engineWith()
    await first.save(auto)
    await run(100)
    await first.close(true)
    await run(8_000_000)
    await engineWith({ host: '192.0.2.3' })
    await run(100)
    expect(requests()[1]!.headers('contact')).toHaveLength(1)
    expect(requests()[1]!.cseq.seq).toBeGreaterThan(requests()[0]!.cseq.seq)
  })

  it('what the store refuses is told, and the registration goes on', async () => {
    const { engineWith, run } = await profileStage()
    const store = memoryProfileStore()
    const { save, enable, state, told } = await engineWith(
      {},
      { ...store, saveBinding: () => Promise.reject(new SipError('storage', 'the disk is full')) },
    )
    const id = await save()
    const use = enable(id)
    await run(100)
    expect(state(id).is).toBe('registered')
    expect(told(id)[0]).toMatchObject({ is: 'error', uses: [use], error: { code: 'storage' } })
    expect(told(id)[0]).not.toHaveProperty('fatal')
  })

  it('a save that the store refuses is told, and nothing has changed', async () => {
    const { engineWith, run } = await profileStage()
    const store = memoryProfileStore()
    const refusal = new SipError('storage', 'the disk is full')
    const { done, changed, of } = await engineWith(
      {},
      { ...store, saveProfile: () => Promise.reject(refusal) },
    )
    expect(await done({ type: 'profiles.save', fields: alice })).toMatchObject({ error: { code: 'storage' } })
    await run(100)
    expect(changed()).toEqual([])
    expect(of('profiles')).toHaveLength(1)
  })

  it('a store that cannot be opened is told once, and commands say not-ready', async () => {
    const { engineWith } = await profileStage()
    const store = memoryProfileStore()
    const { of, dispatch } = await engineWith(
      {},
      { ...store, open: () => Promise.reject(new SipError('in-use', 'another process has it')) },
    )
    expect(of('profilesFailed')).toMatchObject([{ error: { code: 'in-use' } }])
    expect(() => dispatch({ type: 'profile.enable', id: 'u', profile: 'p' })).toThrowError(
      expect.objectContaining({ code: 'not-ready' }),
    )
  })
})

describe('a profile loses its network', () => {
  it('waits for it, hears nothing of errors, and registers by itself when it is back', async () => {
    const { engineWith, run, network, requests } = await profileStage()
    const { save, enable, state, told } = await engineWith({
      hostOptions: { networks: { eth0: '192.0.2.1' } },
    })
    const id = await save({ ...alice, network: 'eth0' })
    enable(id)
    await run(100)
    expect(state(id).is).toBe('registered')
    network.host('192.0.2.1').down()
    await run(10_000)
    expect(state(id)).toMatchObject({ is: 'waitingForNetwork', users: 1 })
    network.host('192.0.2.1').up()
    await run(10_000)
    expect(state(id).is).toBe('registered')
    expect(told(id).map(({ is }) => is)).toEqual(['registered', 'deregistered', 'registered'])
    expect(requests()[1]!.callId).toBe(requests()[0]!.callId)
  })

  it('one for a network that is not there waits for it', async () => {
    const { engineWith, run, requests } = await profileStage()
    const { save, enable, state, disable } = await engineWith()
    const id = await save({ ...alice, network: 'wlan7' })
    const use = enable(id)
    await run(100_000)
    expect([state(id).is, requests().length]).toEqual(['waitingForNetwork', 0])
    disable(use)
    await run(100)
    expect(state(id).is).toBe('unregistered')
  })
})
