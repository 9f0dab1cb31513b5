/** A profile with several networks: on to the next when one fails, back to the preferred one when it is there (make before break). */
import { describe, expect, it } from 'vitest'
import { alice, profileStage } from './profile-support.ts'

const [wired, mobile] = ['192.0.2.1', '198.51.100.1']
const both = { ...alice, networks: ['eth0', 'wwan0'] }

const stage = async () => {
  const made = await profileStage()
  // The other address is a host of its own on the simulated network.
  made.network.platform({ host: mobile })
  const engine = await made.engineWith({
    host: wired,
    hostOptions: { networks: { eth0: wired, wwan0: mobile } },
    connection: {},
  })
  return { ...made, ...engine }
}

describe('a profile with two networks', () => {
  it('goes to the other when the first is lost, and says nothing of errors', async () => {
    const { save, enable, run, state, network, registrar, aor, told } = await stage()
    const id = await save(both)
    enable(id)
    await run(100)
    expect(state(id)).toMatchObject({ is: 'registered' })
    network.host(wired).down()
    await run(30_000)
    expect(state(id).is).toBe('registered')
    expect(registrar.bindings(aor).at(-1)!.contact.uri).toMatchObject({ host: mobile })
    expect(told(id).map(({ is }) => is)).not.toContain('error')
  })

  it('is offered the preferred one again; when all agree it registers there first, then leaves the other', async () => {
    const { save, enable, run, state, network, registrar, requests, aor, told, dispatch } = await stage()
    const id = await save(both)
    const [one, other] = [enable(id), enable(id)]
    network.host(wired).down()
    await run(30_000)
    expect(state(id).is).toBe('registered')
    const before = requests().length
    expect(() => dispatch({ type: 'profile.allowMigration', id: one })).toThrowError(
      expect.objectContaining({ code: 'invalid-registration-state' }),
    )
    network.host(wired).up()
    await run(5000)
    expect(told(id).at(-1)).toMatchObject({ is: 'migrationAvailable', network: 'eth0', uses: [one, other] })
    dispatch({ type: 'profile.allowMigration', id: one })
    await run(1000)
    expect(requests()).toHaveLength(before)
    dispatch({ type: 'profile.allowMigration', id: other })
    await run(5000)
    expect(told(id).slice(-2)).toMatchObject([
      { is: 'migrationStarted', network: 'eth0' },
      { is: 'migrationCompleted', network: 'eth0' },
    ])
    expect(state(id)).toMatchObject({ is: 'registered', users: 2 })
    const [made, left] = registrar.log.slice(before)
    expect([made!.from.host, left!.from.host]).toEqual([wired, mobile])
    expect(left!.request.header('contact')).toContain('expires=0')
    const bindings = registrar.bindings(aor)
    expect(bindings.map(({ contact }) => (contact.uri as { host: string }).host)).toEqual([wired])
    expect(told(id).map(({ is }) => is)).not.toContain('error')
    expect(state(id).connection).toBeDefined()
  })

  it('stays where it is when somebody objects', async () => {
    const { save, enable, run, network, requests, told, dispatch } = await stage()
    const id = await save(both)
    const use = enable(id)
    network.host(wired).down()
    await run(30_000)
    const before = requests().length
    network.host(wired).up()
    await run(5000)
    dispatch({ type: 'profile.disallowMigration', id: use })
    await run(60_000)
    expect(requests()).toHaveLength(before)
    expect(told(id).at(-1)).toMatchObject({ is: 'migrationAvailable' })
  })

  it('moves by itself when nobody is there to be asked', async () => {
    const { save, run, network, registrar, aor, told } = await stage()
    const id = await save({ ...both, autoRegister: true })
    await run(100)
    network.host(wired).down()
    await run(30_000)
    network.host(wired).up()
    await run(5000)
    expect(told(id).map(({ is }) => is)).toContain('migrationCompleted')
    expect(registrar.bindings(aor).map(({ contact }) => (contact.uri as { host: string }).host)).toEqual([
      wired,
    ])
  })

  it('keeps the old one when the registrar does not take it on the new one', async () => {
    const { save, enable, run, network, registrar, aor, told, dispatch, state } = await stage()
    const id = await save(both)
    const use = enable(id)
    network.host(wired).down()
    await run(30_000)
    network.host(wired).up()
    await run(5000)
    registrar.failNext(403)
    dispatch({ type: 'profile.allowMigration', id: use })
    await run(5000)
    expect(told(id).slice(-2)).toMatchObject([
      { is: 'migrationStarted' },
      { is: 'migrationFailed', error: { status: 403 } },
    ])
    expect(state(id)).toMatchObject({ is: 'registered', users: 1 })
    expect(registrar.bindings(aor).map(({ contact }) => (contact.uri as { host: string }).host)).toEqual([
      mobile,
    ])
  })
})
