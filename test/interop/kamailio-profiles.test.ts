/** Profiles against Kamailio: H01 to H06 of docs/scenarios.md, and a restart that goes on with its binding. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSip, isSipError, type ProfileInput, type Sip } from '../../src/index.ts'
import { node, sqliteProfileStore } from '../../src/node/index.ts'
import { against } from './support/installed.ts'
import { type Kamailio, kamailio } from './support/kamailio.ts'
import { host } from './support/party.ts'
import { within } from './support/program.ts'

/** An engine over a store in a folder of the test. */
const engineIn = async (folder: string): Promise<Sip> => {
  const sip = createSip({
    platform: node({ host }),
    profiles: {
      store: sqliteProfileStore({ path: join(folder, 'profiles.db') }),
      connection: { host, userAgent: 'sipactor' },
    },
  })
  onTestFinished(() => within(sip.close(), 5000, 'the engine did not close'))
  await sip.profiles.ready()
  return sip
}

const folder = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'sipactor-profiles-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

against(['kamailio'], 'Kamailio', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', way => {
    const fieldsFor = ({ port }: Kamailio, user: string): ProfileInput => ({
      aors: [`sip:${user}@interop.example`],
      registrar: { uri: `sip:${host}:${port};transport=${way.toLowerCase()}`, username: user },
      expires: 600,
    })
    const secretOf = (user: string) => ({ registrarPassword: `s3cret-${user}` })

    it('H01, H03, H05: enabled it is registered once for two users; a new name is silent; in use it stays; disabled it goes', async () => {
      const peer = await kamailio()
      const sip = await engineIn(await folder())
      const profile = await sip.profiles.admin.create(fieldsFor(peer, 'alice'), secretOf('alice'))
      expect(await peer.bindings('alice')).toEqual([])
      const [one, other] = [profile.enable(), sip.profiles.get(profile.id).enable()]
      await Promise.all([one.registered(), other.registered()])
      const [binding, ...others] = await peer.bindings('alice')
      expect(others).toEqual([])
      expect(binding!.address).toContain(`sip:${profile.fields.contactUser}@${host}`)
      const { cseq } = binding!
      const renamed = await sip.profiles.admin.save(profile, { name: 'Office' })
      expect([renamed.name, profile.name]).toEqual(['Office', ''])
      expect((await peer.bindings('alice'))[0]!.cseq).toBe(cseq)
      const refusal = await Promise.resolve()
        .then(() => sip.profiles.admin.remove(profile))
        .catch((error: unknown) => error)
      expect(isSipError(refusal) && refusal.code).toBe('in-use')
      await one.disable()
      expect(await peer.bindings('alice')).toHaveLength(1)
      await other.disable()
      expect(await peer.bindings('alice')).toEqual([])
      await sip.profiles.admin.remove(profile)
      expect(sip.profiles.list()).toEqual([])
    })

    it('H02: one that registers by itself is there after a start, and a restart goes on with its binding', async () => {
      const peer = await kamailio()
      const at = await folder()
      const first = await engineIn(at)
      const fields = { ...fieldsFor(peer, 'alice'), autoRegister: true }
      const { id } = await first.profiles.admin.create(fields, secretOf('alice'))
      await first.profiles.get(id).enable().registered()
      expect(await peer.bindings('alice')).toHaveLength(1)
      await first.close({ keepProfiles: true })
      expect(await peer.bindings('alice')).toHaveLength(1)
      const started = Date.now()
      const second = await engineIn(at)
      await second.profiles.get(id).enable().registered()
      expect(Date.now() - started).toBeLessThan(2000)
      expect(await peer.bindings('alice')).toHaveLength(1)
      await second.close()
      expect(await peer.bindings('alice')).toEqual([])
    })

    it('H04: another registrar: gone there, registered here', async () => {
      const [old, young] = [await kamailio(), await kamailio()]
      const sip = await engineIn(await folder())
      const profile = await sip.profiles.admin.create(fieldsFor(old, 'alice'), secretOf('alice'))
      const enabled = profile.enable()
      await enabled.registered()
      expect([(await old.bindings('alice')).length, (await young.bindings('alice')).length]).toEqual([1, 0])
      await sip.profiles.admin.save(profile, { registrar: fieldsFor(young, 'alice').registrar! })
      await expect.poll(async () => (await young.bindings('alice')).length, { timeout: 5000 }).toBe(1)
      expect(await old.bindings('alice')).toEqual([])
      expect(enabled.state.is).toBe('registered')
    })

    it('H06: two profiles, each with its own identity, at one registrar by one connection', async () => {
      const peer = await kamailio()
      const sip = await engineIn(await folder())
      const [alice, bob] = [
        await sip.profiles.admin.create(fieldsFor(peer, 'alice'), secretOf('alice')),
        await sip.profiles.admin.create(fieldsFor(peer, 'bob'), secretOf('bob')),
      ]
      const uses = [alice.enable(), bob.enable()] as const
      await Promise.all(uses.map(use => use.registered()))
      expect(uses[0].connection).toBe(uses[1].connection)
      const rang = new Promise<string>(resolve => {
        uses[1].calls$.subscribe(call => {
          resolve(call.request?.header('from') ?? '')
          call.reject(486)
        })
      })
      const call = uses[0].connection!.invite(`sip:bob@${host}:${peer.port};transport=${way.toLowerCase()}`, {
        from: uses[0],
      })
      expect(await rang).toContain('<sip:alice@interop.example>')
      await call.ended()
    })
  })
})
