/** One run of `bench profile-store`: arguments are the module of the store and the driver; the figures go out as JSON. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'

const [module, driver] = process.argv.slice(2)
const { sqliteProfileStore } = await import(pathToFileURL(module).href)
const { checkProfileFields } = await import(new URL('../../dist/src/profiles/check.js', import.meta.url).href)

const folder = mkdtempSync(join(tmpdir(), 'sipactor-bench-'))
const path = join(folder, 'profiles.db')
const make = () => sqliteProfileStore({ path, driver })

const profile = id => ({
  id,
  fields: checkProfileFields({
    name: `Example Telecom ${id}`,
    aors: [`sip:${id}@example.com`],
    registrar: { uri: 'sip:registrar.example.com', username: id },
    outboundProxy: { uri: 'sip:edge.example.com;lr' },
    contactUser: 'aB3dE6gH9jK2mN5pQ8sT',
  }),
  secrets: { registrarPassword: 'correct horse battery staple' },
})
const binding = id => ({
  profile: id,
  callId: `${id}-0123456789abcdef@192.0.2.1`,
  nextCSeq: 17,
  instanceId: 'urn:uuid:00000000-0000-4000-8000-00ad1e2f3a4b',
  contact: '<sip:aB3dE6gH9jK2mN5pQ8sT@192.0.2.1:5060>',
  registrar: 'sip:registrar.example.com',
  grantedSeconds: 3600,
  expiresAt: 1_900_000_000_000,
})

try {
  let store = make()
  await store.open()
  await store.saveProfile(profile('first'))
  const alone = 100
  let began = performance.now()
  for (let n = 0; n < alone; n += 1) await store.saveProfile(profile(`a${n}`))
  const write = (performance.now() - began) / alone

  const profiles = Array.from({ length: 1000 }, (_, n) => profile(`b${n}`))
  began = performance.now()
  await Promise.all(profiles.map(one => store.saveProfile(one)))
  const batch = ((performance.now() - began) / profiles.length) * 1000

  const all = 10_000
  for (let n = 0; n < all; n += 1000) {
    const ids = Array.from({ length: 1000 }, (_, at) => `c${n + at}`)
    await Promise.all(ids.flatMap(id => [store.saveProfile(profile(id)), store.saveBinding(binding(id))]))
  }
  for (const one of profiles) void store.removeProfile(one.id)
  for (let n = 0; n < alone; n += 1) void store.removeProfile(`a${n}`)
  await store.removeProfile('first')
  await store.close()
  const size = statSync(path).size / all

  store = make()
  began = performance.now()
  await store.open()
  const open = performance.now() - began
  await store.close()
  console.log(JSON.stringify({ write, batch, open, size }))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
