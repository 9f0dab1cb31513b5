/**
 * Kills processes that write profiles, by SIGKILL and at any moment, and looks at what the next one finds.
 *
 * Each process opens the store, checks everything in it, and writes profile after profile: name, extensions, a header and a
 * password all hold the same number, so does the binding that is written with it, and the whole is several pages long. It
 * tells every number that the store has confirmed.
 *
 *   node store-kills.mjs MODULE PATH DRIVER      MODULE exports sqliteProfileStore; ends only when it is killed
 */
import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'

const ids = ['p0', 'p1', 'p2', 'p3']
/** What fills the pages: no two neighbours are alike. */
const padding = n => Array.from({ length: 3 }, (_, at) => `${n}-${at} `.repeat(500).slice(0, 3000))

const profileOf = n => ({
  id: ids[n % ids.length],
  fields: {
    name: `${n}`,
    type: { class: 'internet', name: 'ietf' },
    aors: [`sip:${n}@example.com`],
    bearer: 'any',
    autoRegister: false,
    securityNegotiation: false,
    sigcomp: false,
    contactParams: [],
    headers: [['X-Number', `${n}`]],
    resolveProxy: false,
    locked: false,
    homeNetworkOnly: false,
    extensions: { n, padding: padding(n) },
  },
  secrets: { registrarPassword: `${n}` },
})

const bindingOf = n => ({
  profile: ids[n % ids.length],
  callId: `${n}@example.com`,
  nextCSeq: n,
  instanceId: 'urn:uuid:00000000-0000-4000-8000-00ad1e2f3a4b',
  contact: `<sip:${n}@192.0.2.1>`,
  registrar: 'sip:example.com',
  grantedSeconds: 3600,
  expiresAt: 1_900_000_000_000 + n,
})

/** The highest number in a store, or what is wrong with it. */
const inspect = ({ profiles, bindings, movedAside, unreadable }) => {
  if (movedAside) return { fault: `moved aside: ${movedAside.reason}` }
  if (unreadable) return { fault: `unreadable: ${JSON.stringify(unreadable)}` }
  let highest = -1
  for (const profile of profiles) {
    const n = profile.fields.extensions.n
    if (!isDeepStrictEqual(profile, profileOf(n))) return { fault: `half-written profile ${n}` }
    const binding = bindings.find(one => one.profile === profile.id)
    if (!isDeepStrictEqual(binding, bindingOf(n))) return { fault: `half-written binding ${n}` }
    highest = Math.max(highest, n)
  }
  return { highest }
}

const write = async ([module, path, driver]) => {
  const { sqliteProfileStore } = await import(pathToFileURL(module).href)
  const store = sqliteProfileStore({ path, driver })
  const { highest, fault } = inspect(await store.open())
  writeSync(1, `${fault === undefined ? `found ${highest}` : `fault ${fault}`}\n`)
  if (fault !== undefined) return
  for (let n = highest + 1; ; n += 1) {
    await Promise.all([store.saveProfile(profileOf(n)), store.saveBinding(bindingOf(n))])
    writeSync(1, `${n}\n`)
  }
}

/** One process from its start to its death. `afterWrites` undefined: killed after `delay` ms, wherever it is by then. */
const oneLife = ({ node, module, path, driver }, { afterWrites, delay }, confirmed) =>
  new Promise((done, failed) => {
    const child = spawn(node, [fileURLToPath(import.meta.url), module, path, driver], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let errors = ''
    let fault
    let highest = confirmed
    let writes = 0
    let timer
    let isKilled = false
    const kill = () => {
      timer ??= setTimeout(() => {
        isKilled = child.kill('SIGKILL')
      }, delay)
    }
    if (afterWrites === undefined) kill()
    child.stderr.on('data', text => {
      errors += text
    })
    createInterface({ input: child.stdout }).on('line', line => {
      const [word, ...rest] = line.split(' ')
      if (word === 'fault') fault = rest.join(' ')
      else if (word === 'found') {
        if (Number(rest[0]) < confirmed) fault = `lost: ${rest[0]} after ${confirmed} was confirmed`
      } else {
        highest = Number(word)
        writes += 1
        if (writes >= afterWrites) kill()
      }
    })
    child.on('error', failed)
    child.on('close', (_, signal) => {
      clearTimeout(timer)
      if (fault !== undefined) failed(new Error(fault))
      else if (signal !== 'SIGKILL' || !isKilled) failed(new Error(`it ended by itself: ${errors}`))
      else done({ highest, writes })
    })
  })

/** Numbers from 0 to 1, the same every time. */
const seeded = seed => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed / 2 ** 32
}

/**
 * Kills so many processes, one after the other, over one store; every fifth of them at any moment from its start on. Rejects
 * for what is half written, lost or moved aside. Returns how many writes were confirmed in all.
 */
export const killWriters = async ({ node = process.execPath, module, path, driver, kills, seed = 1 }) => {
  const random = seeded(seed)
  const subject = { node, module, path, driver }
  let confirmed = -1
  let writes = 0
  for (let kill = 0; kill < kills; kill += 1) {
    const early = kill % 5 === 4
    const life = early ? { delay: 20 + random() * 100 } : { afterWrites: 1 + (kill % 3), delay: random() * 6 }
    const result = await oneLife(subject, life, confirmed)
    confirmed = Math.max(confirmed, result.highest)
    writes += result.writes
  }
  // Whether the last one left it whole.
  await oneLife(subject, { afterWrites: 1, delay: 0 }, confirmed)
  return { writes, confirmed }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await write(process.argv.slice(2))
