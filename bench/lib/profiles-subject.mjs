/**
 * One run of `bench profiles`, in a process of its own: an engine with profiles in a store that keeps nothing itself, at a
 * registrar that is a function, in virtual time.
 * usage: node --expose-gc profiles-subject.mjs COUNT; prints one JSON object.
 */
import { heap, virtualRegistrar } from './virtual-registrar.mjs'

const count = Number(process.argv[2])
const { createSip } = await import(new URL('../../dist/src/index.js', import.meta.url))
const { node } = await import(new URL('../../dist/src/node/index.js', import.meta.url))
const { checkProfileFields } = await import(new URL('../../dist/src/profiles/check.js', import.meta.url))

/** As a file gives them: objects of their own. */
const fieldsOf = at =>
  checkProfileFields(
    JSON.parse(
      JSON.stringify({
        name: `Example Telecom ${at}`,
        aors: [`sip:u${at}@127.0.0.1:5061`],
        contactUser: `u${String(at).padStart(19, '0')}`,
      }),
    ),
  )
const nothing = async () => {}
const store = {
  open: async () => ({
    profiles: Array.from({ length: count }, (_, at) => ({
      id: `profile-${at}`,
      fields: fieldsOf(at),
      secrets: { registrarPassword: `password of ${at}` },
    })),
    bindings: [],
    defaultId: 'profile-0',
  }),
  saveProfile: nothing,
  removeProfile: nothing,
  setDefault: nothing,
  saveBinding: nothing,
  removeBinding: nothing,
  close: nothing,
}

const { clock, transport, local, counts, run } = virtualRegistrar(count, 3600)
const before = heap()
const sip = createSip({
  platform: { ...node({ host: local.host }), clock, transports: [transport] },
  limits: { profiles: count },
  profiles: { store, connection: { port: local.port, transports: ['UDP'] } },
})
await sip.profiles.ready()
await run(1000)
const stored = heap()

let uses = sip.profiles.list().map(profile => profile.enable())
// 40 a second.
await run((count / 40) * 1000 + 40_000)
const registered = uses.filter(({ state }) => state.is === 'registered').length
const enabled = heap()

const one = performance.now()
const cpu = process.cpuUsage()
const began = counts.refreshes
await run(3_600_000)
const { user, system } = process.cpuUsage(cpu)
const refreshes = counts.refreshes - began
const later = heap()

console.log(
  JSON.stringify({
    stored: (stored - before) / count,
    enabled: (enabled - stored) / count,
    later: (later - stored) / count,
    refresh: (user + system) / Math.max(1, refreshes),
    seconds: (performance.now() - one) / 1000,
    registered,
    missed: counts.missed,
  }),
)
uses = []
process.exit(registered === count ? 0 : 1)
