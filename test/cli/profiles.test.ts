/** The commands `sipactor profile …`, over a store in memory and a simulated network in virtual time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { memoryProfileStore, testRegistrar } from '../../src/testing/index.ts'
import { createTerminalWorld, type TerminalOptions } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'sipactor-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const stage = () => {
  const world = createTerminalWorld()
  ends.push(() => world.end())
  const store = memoryProfileStore()
  /** Runs `sipactor profile …` to its end. */
  const profile = async (args: readonly string[], settings: TerminalOptions = {}, milliseconds = 1000) => {
    const command = world.command(['profile', ...args], { store, ...settings })
    await world.run(milliseconds)
    return {
      status: await command.done,
      out: command.out.join('\n'),
      err: command.err.join('\n'),
      questions: command.questions,
    }
  }
  /** What is stored. */
  const stored = async () => {
    const found = await store.open()
    await store.close()
    return found
  }
  return { world, store, profile, stored }
}

describe('sipactor profile', () => {
  it('add makes a profile of an address and three questions', async () => {
    const { profile, stored } = stage()
    const { status, out, questions } = await profile(['add', 'alice@192.0.2.10'], {
      answers: ['alice1', 'sip:192.0.2.10'],
      typed: 's3cret',
    })
    expect(status).toBe(0)
    expect(out).toMatch(/^added {2}\S+ {2}sip:alice@192\.0\.2\.10 {2}\(default\)$/)
    expect(questions).toEqual([
      'User name [alice]: ',
      'Password of alice1 (not shown): ',
      'Outbound proxy, as sip:edge.example.com [none]: ',
    ])
    const { profiles, defaultId } = await stored()
    expect(profiles).toMatchObject([
      {
        id: defaultId,
        fields: {
          aors: ['sip:alice@192.0.2.10'],
          registrar: { uri: 'sip:192.0.2.10', username: 'alice1' },
          outboundProxy: { uri: 'sip:192.0.2.10' },
          type: { class: 'internet', name: 'ietf' },
        },
        secrets: { registrarPassword: 's3cret' },
      },
    ])
    expect(profiles[0]!.fields.contactUser).toHaveLength(20)
  })

  it('add asks nothing that an option or the environment has answered, and leaves out what nobody says', async () => {
    const { profile, stored } = stage()
    const said = ['--username', 'a', '--proxy', 'sip:192.0.2.9', '--name', 'Work', '--auto', '--type', 'ims']
    const first = await profile(['add', 'sips:alice@example.com', ...said, '--proxy', 'sips:192.0.2.9'], {
      env: { SIPACTOR_PASSWORD: 'x' },
    })
    expect(first).toMatchObject({ status: 0, questions: [] })
    expect(await profile(['add', 'bob@example.com', '--default'])).toMatchObject({ status: 0 })
    const { profiles, defaultId } = await stored()
    expect(profiles[0]).toMatchObject({
      fields: {
        name: 'Work',
        autoRegister: true,
        type: { class: 'ims' },
        registrar: { uri: 'sips:example.com' },
      },
      secrets: { registrarPassword: 'x' },
    })
    expect(profiles[1]).toMatchObject({ id: defaultId, secrets: {} })
    expect(profiles[1]!.fields).not.toHaveProperty('registrar')
    expect(profiles[1]!.fields).not.toHaveProperty('outboundProxy')
  })

  it('add warns of an account without a password, and show says that it has none, and the user name', async () => {
    const { profile } = stage()
    const added = await profile(['add', 'alice@example.com'])
    expect(added.status).toBe(0)
    expect(added.err).toMatch(
      /^sipactor: it has no password, .*sipactor profile remove \S+, .*SIPACTOR_PASSWORD$/,
    )
    const shown = (await profile(['show'])).out
    expect(shown).toMatch(/^username +alice$/m)
    expect(shown).toMatch(/^registrarPassword +\(not set\)$/m)
    const other = await profile(['add', 'bob@example.com', '--username', 'b1'], { typed: 'x' })
    expect(other.err).toBe('')
    const set = (await profile(['show', 'bob@example.com'])).out
    expect(set).toMatch(/^username +b1$/m)
    expect(set).toMatch(/^registrarPassword +\(set\)$/m)
    expect(set).not.toContain('not set')
  })

  it('add asks again for a proxy that is none, and refuses what is there already', async () => {
    const { profile, stored } = stage()
    const added = await profile(['add', 'alice@example.com', '--name', 'Work'], {
      answers: ['', 'pw', 'a b.c', 'edge.example.com:5070'],
      typed: 'x',
    })
    expect(added.questions.filter(question => question.startsWith('Outbound proxy'))).toHaveLength(3)
    expect(added.err).toMatch(
      /^sipactor: 'pw' is no proxy \(a word alone\)\. Write it like sip:edge\.example\.com\n/,
    )
    const again = await profile(['add', 'alice@example.com', '--name', 'Work'], { typed: 'x' })
    expect(again.status).toBe(2)
    expect(again.err).toMatch(
      /there is sip:alice@example\.com Work already \(\S+\): give this one another --name/,
    )
    expect((await profile(['add', 'alice@example.com', '--name', 'Home'], { typed: 'x' })).status).toBe(0)
    const { profiles } = await stored()
    expect(profiles.map(({ fields }) => fields.outboundProxy?.uri)).toEqual([
      'sip:edge.example.com:5070',
      undefined,
    ])
  })

  it('import of a file that is not there says that', async () => {
    const lost = await stage().profile(['import', join(folder, 'nofile')])
    expect(lost.status).toBe(2)
    expect(lost.err).toMatch(/^sipactor: cannot read .*nofile: there is no such file$/)
  })

  it('list, show and default tell them by id, name or address, and never a password', async () => {
    const { profile } = stage()
    expect((await profile(['list'])).out).toMatch(/no profiles yet/)
    await profile(['add', 'alice@example.com', '--name', 'Work'], { typed: 's3cret' })
    await profile(['add', 'bob@example.com', '--auto'])
    const list = await profile(['list'])
    expect(list.out).toMatch(
      /^\* {2}\S+ {2}Work {2}sip:alice@example\.com {2}ietf\n {3}\S+ {2}- {5}sip:bob@example\.com {4}ietf {2}registers by itself$/,
    )
    for (const which of [[], ['Work'], ['alice@example.com'], ['sip:alice@example.com']]) {
      const { out } = await profile(['show', ...which])
      expect(out).toMatch(/aors +sip:alice@example.com/)
      expect(out).toMatch(/registrarPassword +\(set\)/)
      expect(out).not.toContain('s3cret')
    }
    const shown = await profile(['show', 'Work', '--json'])
    expect(JSON.parse(shown.out)).toMatchObject({
      type: 'profile',
      isDefault: true,
      secrets: ['registrarPassword'],
    })
    expect((await profile(['default', 'bob@example.com'])).out).toMatch(
      /^default {2}\S+ {2}sip:bob@example\.com {2}\(default\)/,
    )
    expect((await profile(['show'])).out).toContain('sip:bob@example.com')
    const lost = await profile(['show', 'carol'])
    expect(lost).toMatchObject({ status: 2, out: '' })
    expect(lost.err).toMatch(/there is no profile 'carol'/)
  })

  it('remove forgets one; a name that two have is refused', async () => {
    const { profile, stored } = stage()
    await profile(['add', 'alice@example.com', '--name', 'Work'])
    await profile(['add', 'bob@example.com', '--name', 'Work'])
    const double = await profile(['remove', 'Work'])
    expect(double.status).toBe(2)
    expect(double.err).toMatch(/may be \S+ or \S+\. Give the id/)
    expect((await profile(['remove', 'alice@example.com'])).status).toBe(0)
    const { profiles, defaultId } = await stored()
    expect(profiles.map(({ fields }) => fields.aors[0])).toEqual(['sip:bob@example.com'])
    expect(defaultId).toBe(profiles[0]!.id)
  })

  it('export and import hand profiles on without passwords', async () => {
    const first = stage()
    await first.profile(['add', 'alice@example.com', '--name', 'Work'], { typed: 's3cret' })
    await first.profile(['add', 'bob@example.com', '--default', '--auto'])
    const { out } = await first.profile(['export'])
    expect(out).not.toContain('s3cret')
    const file = join(folder, 'profiles.json')
    writeFileSync(file, out)
    const second = stage()
    expect((await second.profile(['import', file])).status).toBe(0)
    const [before, after] = [await first.stored(), await second.stored()]
    const without = ({ profiles }: typeof before) =>
      profiles.map(({ fields: { contactUser: _own, ...fields } }) => fields)
    expect(without(after)).toEqual(without(before))
    expect(after.profiles.map(({ secrets }) => secrets)).toEqual([{}, {}])
    expect(after.defaultId).toBe(after.profiles[1]!.id)
    // The same again is refused, and nothing has changed; unless it is to replace them.
    const again = await second.profile(['import', file])
    expect(again.status).toBe(2)
    expect(again.err).toMatch(/already .*--replace/)
    expect((await second.profile(['import', file, '--replace'])).out).toMatch(/^replaced[^\n]*\nreplaced/)
    expect(await second.stored()).toEqual(after)
    // Passwords stay where they are.
    await first.profile(['import', file, '--replace'])
    expect((await first.stored()).profiles[0]!.secrets).toEqual({ registrarPassword: 's3cret' })
  })

  it.each([
    ['no JSON', 'profiles', /holds no profiles/],
    ['another format', '{}', /does not say "format"/],
    ['a newer version', '{"format":"sipactor-profiles","version":2}', /its version is 2/],
    ['a profile without fields', '{"format":"sipactor-profiles","version":1,"profiles":[{}]}', /no fields/],
    [
      'a profile that is none',
      '{"format":"sipactor-profiles","version":1,"profiles":[{"fields":{"aors":["tel:1"]}}]}',
      /profile 1 of 1 in .*: an AOR is not a sip: or sips: URI/,
    ],
  ])('import refuses %s', async (_, text, message) => {
    const file = join(folder, 'wrong.json')
    writeFileSync(file, text)
    const { profile, stored } = stage()
    const { status, err } = await profile(['import', file])
    expect(status).toBe(2)
    expect(err).toMatch(message)
    expect((await stored()).profiles).toEqual([])
  })

  it('leaves profiles that register by themselves alone while it looks at them', async () => {
    const { world, profile } = stage()
    const registrar = testRegistrar({
      platform: world.network.platform({ host: '192.0.2.10' }),
      users: {},
    })
    await registrar.listen()
    ends.push(() => registrar.close())
    await profile(['add', 'alice@192.0.2.10', '--auto'])
    await profile(['list'])
    expect(registrar.log).toEqual([])
  })

  it('enable registers the default profile with its password until Ctrl-C, then takes the binding back', async () => {
    const { world, store, profile } = stage()
    const registrar = testRegistrar({
      platform: world.network.platform({ host: '192.0.2.10' }),
      users: { alice: 's3cret' },
    })
    await registrar.listen()
    ends.push(() => registrar.close())
    await profile(['add', 'alice@192.0.2.10'], { typed: 's3cret' })
    const command = world.command(['profile', 'enable'], { store })
    expect(await command.after(500)).toBeUndefined()
    expect(command.out.at(-1)).toMatch(/^registered, \d+ s, sip:\w{20}@192\.0\.2\.1/)
    expect(registrar.bindings('sip:alice@192.0.2.10')).toHaveLength(1)
    command.interrupt()
    await world.run(1000)
    expect(await command.done).toBe(0)
    expect(registrar.bindings('sip:alice@192.0.2.10')).toHaveLength(0)
  })

  it('enable --once ends with what was wrong: a password 4, nobody there 3', async () => {
    const { world, profile } = stage()
    const registrar = testRegistrar({
      platform: world.network.platform({ host: '192.0.2.10' }),
      users: { alice: 's3cret' },
    })
    await registrar.listen()
    ends.push(() => registrar.close())
    await profile(['add', 'alice@192.0.2.10', '--name', 'wrong'], { typed: 'other' })
    await profile(['add', 'alice@192.0.2.77', '--name', 'nobody'])
    expect((await profile(['enable', 'wrong', '--once'])).status).toBe(4)
    const { status, out } = await profile(['enable', 'nobody', '--once'], {}, 40_000)
    expect(status).toBe(3)
    expect(out).toMatch(/registering\n.*; once more in \d+ s$/)
  })

  it('is refused with status 1 while another program has the store', async () => {
    const { store, profile } = stage()
    await store.open()
    expect(await profile(['list'])).toMatchObject({ status: 1, err: expect.stringMatching(/open already/) })
    await store.close()
  })
})
