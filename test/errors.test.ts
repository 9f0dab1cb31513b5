/**
 * Every error code comes about in one way at least, and is thrown, told on `errors$` or the rejection of a promise: one of
 * them, never two. docs/errors.md is this table: `SIPACTOR_WRITE_DOCS=1 npx vitest run test/errors.test.ts` rewrites it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Observable } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { errorCodes, getSipMessage, isSipError, type SipError, type SipErrorCode } from '../src/index.ts'
import { sqliteProfileStore } from '../src/node/index.ts'
import { record, registrarScene, theirs } from './scenarios/support.ts'
import { createPeer } from './support/peer.ts'
import { symbianErrors } from './support/symbian-errors.ts'

type Route = 'thrown' | 'errors$' | 'promise'

const stage = async (policy: Parameters<typeof registrarScene>[0] = {}, sip: object = {}) => {
  const scene = await registrarScene(policy, { sip })
  const bob = createPeer(scene.network, { host: '192.0.2.2', name: 'bob' })
  return { ...scene, bob, ours: { host: '192.0.2.1', port: 5060 } }
}
type Stage = Awaited<ReturnType<typeof stage>>

interface Way {
  readonly how: string
  readonly route: Route
  readonly policy?: Parameters<typeof stage>[0]
  readonly sip?: object
  /** Makes it happen. Returns the stream or the promise that tells. */
  readonly show: (stage: Stage) => unknown
}
type Told = { readonly errors$: Observable<SipError> }

const bindsNothing = (bob: Stage['bob'], headers: [string, string][]) =>
  bob.on('REGISTER', request => void bob.reply(request, 200, { headers }))
const alices = { aor: 'sip:alice@example.com' }
const bobs = { aor: 'sip:alice@192.0.2.2', registrar: 'sip:192.0.2.2:5060' }

const ways: Readonly<Record<SipErrorCode, Way | { readonly reserved: string }>> = {
  argument: {
    how: 'a URI that is none',
    route: 'thrown',
    show: ({ connection }) => connection.invite('bob'),
  },
  'not-ready': {
    how: 'a call before the connection is active',
    route: 'thrown',
    show: ({ sip }) => sip.connect().invite('sip:bob@192.0.2.2'),
  },
  'invalid-transaction-state': {
    how: 'an answer after the final one',
    route: 'thrown',
    show: async ({ connection, bob, ours, run }) => {
      const requests = record(connection.requests$)
      bob.request('MESSAGE', { to: ours })
      await run(10)
      requests.values[0]!.respond(200)
      requests.values[0]!.respond(200)
    },
  },
  'invalid-dialog-state': {
    how: 'holding a call that is not up',
    route: 'thrown',
    show: ({ connection, bob }) => connection.invite(bob.uri).hold(),
  },
  'invalid-registration-state': {
    how: 'a request from a registration that is not active',
    route: 'thrown',
    show: ({ connection, register, bob }) => connection.invite(bob.uri, { from: register().registration }),
  },
  'request-pending': {
    how: 'a change of a session while another one is under way',
    route: 'thrown',
    show: async ({ connection, bob, run }) => {
      const call = connection.invite(bob.uri)
      await run(10)
      bob.reply(bob.next('INVITE'), 200, { body: theirs })
      await run(10)
      call.reinvite().catch(() => {})
      call.reinvite().catch(() => {})
    },
  },
  'already-exists': {
    how: 'a second connection on one port',
    route: 'thrown',
    show: ({ sip }) => sip.connect({ port: 5060 }),
  },
  'in-use': {
    how: 'more registrations that wait for their turn than `limits.waitingRegisters`',
    route: 'errors$',
    sip: { limits: { registersPerSecond: 1, waitingRegisters: 1 } },
    show: async ({ connection, run }) => {
      const made = Array.from({ length: 4 }, () => connection.register(alices))
      await run(100)
      return made.at(-1)
    },
  },
  'not-found': {
    how: 'a network that the host does not have',
    route: 'promise',
    show: ({ sip }) => sip.connect({ network: 'ppp0' }).active(),
  },
  'not-supported': {
    how: 'marking packets (`dscp`)',
    route: 'thrown',
    show: ({ connection }) => connection.setSocketOptions({ dscp: 46 }),
  },
  permission: {
    how: 'a line of a `Sip` without the scope `profile.read`',
    route: 'thrown',
    sip: { scopes: [] },
    show: ({ sip }) => sip.line(),
  },
  'header-not-allowed': {
    how: 'a Via by hand',
    route: 'thrown',
    show: ({ connection, bob }) => connection.invite(bob.uri, { headers: [['Via', 'x']] }),
  },
  'no-message': {
    how: 'asking for the message of an event that none has caused',
    route: 'thrown',
    show: async ({ sip, network, run }) => {
      const events = record(sip.events$)
      network.host('192.0.2.1').suspend()
      await run(0)
      getSipMessage(events.values[0]!)
    },
  },
  'resource-not-available': {
    how: 'anything after the connection is closed',
    route: 'thrown',
    show: async ({ connection }) => {
      await connection.close()
      connection.invite('sip:bob@192.0.2.2')
    },
  },
  rejected: {
    how: 'a REGISTER that is answered 403',
    route: 'errors$',
    show: async ({ connection, bob, run }) => {
      bob.on('REGISTER', request => void bob.reply(request, 403))
      const registration = connection.register(bobs)
      await run(100)
      return registration
    },
  },
  forbidden: {
    how: 'a password that is wrong',
    route: 'errors$',
    policy: { challenge: true },
    show: async ({ connection, run }) => {
      const credentials = { username: 'alice', password: 'wrong' }
      const registration = connection.register({ ...alices, credentials })
      await run(100)
      return registration
    },
  },
  media: {
    how: 'media that fail to describe a session',
    route: 'errors$',
    show: async ({ connection, bob, run }) => {
      const fail = (): never => {
        throw new Error('no microphone')
      }
      const call = connection.invite(bob.uri, { media: { open: () => ({ offer: fail, answer: fail }) } })
      await run(100)
      return call
    },
  },
  'terminated-with-response': {
    how: 'a refresh that is answered 403',
    route: 'errors$',
    show: async ({ connection, bob, run }) => {
      const off = bob.on('REGISTER', request => {
        const contact = `${request.header('contact')!.replace(/;expires=\d+/, '')};expires=120`
        bob.reply(request, 200, { headers: [['Contact', contact]] })
      })
      const registration = connection.register(bobs)
      await run(100)
      off()
      bob.on('REGISTER', request => void bob.reply(request, 403))
      await run(80_000)
      return registration
    },
  },
  'invalid-registrar-response': {
    how: 'a 200 to REGISTER that does not list our Contact',
    route: 'errors$',
    show: async ({ connection, bob, run }) => {
      bindsNothing(bob, [['Contact', '<sip:somebody@192.0.2.99>;expires=600']])
      const registration = connection.register(bobs)
      await run(100)
      return registration
    },
  },
  malformed: {
    how: 'a 200 to a repeated request that grants no time',
    route: 'errors$',
    show: async ({ connection, bob, run }) => {
      bob.on('OPTIONS', request => void bob.reply(request, 200, { headers: [['Expires', '0']] }))
      const request = connection.request({
        method: 'OPTIONS',
        uri: bob.uri,
        headers: [['Expires', '600']],
        refresh: true,
      })
      await run(100)
      return request.refresh
    },
  },
  timeout: {
    how: 'a peer that never answers',
    route: 'errors$',
    show: async ({ connection, bob, run }) => {
      const request = connection.request({ method: 'OPTIONS', uri: bob.uri })
      await run(33_000)
      return request
    },
  },
  transport: {
    how: 'a port where nobody listens',
    route: 'errors$',
    show: async ({ connection, run }) => {
      const request = connection.request({ method: 'OPTIONS', uri: 'sip:192.0.2.2:9' })
      await run(100)
      return request
    },
  },
  resolving: {
    how: 'a name that DNS does not know',
    route: 'errors$',
    show: async ({ connection, run }) => {
      const request = connection.request({ method: 'OPTIONS', uri: 'sip:nobody.example' })
      await run(5000)
      return request
    },
  },
  'outbound-proxy': {
    reserved:
      'silence does not tell whose it is, that of a stateless proxy or of who is behind it; a proxy that does not respond is `timeout`, `transport` or `resolving`, as any other next hop',
  },
  'could-not-connect': {
    how: 'a refresh that falls due while the network is held',
    route: 'errors$',
    show: async ({ network, connection, run }) => {
      const registration = connection.register({ ...alices, expires: 120 })
      await run(100)
      network.host('192.0.2.1').suspend()
      await run(80_000)
      return registration
    },
  },
  storage: {
    how: 'a store of profiles where no folder can be',
    route: 'promise',
    show: () => sqliteProfileStore({ path: '/dev/null/profiles.db' }).open(),
  },
  'no-ack': {
    how: 'a caller that never acknowledges our 200',
    route: 'errors$',
    show: async ({ connection, bob, ours, run }) => {
      const calls = record(connection.calls$)
      bob.request('INVITE', { to: ours, body: theirs })
      await run(10)
      const [call] = calls.values
      void call!.accept()
      await run(40_000)
      return call
    },
  },
  cancelled: {
    how: 'waiting for a call that is taken back',
    route: 'promise',
    show: async ({ connection, bob, run }) => {
      const call = connection.invite(bob.uri)
      const established = call.established()
      await run(10)
      const invite = bob.next('INVITE')
      bob.reply(invite, 180)
      await run(10)
      call.cancel()
      await run(10)
      bob.reply(bob.next('CANCEL'), 200)
      bob.reply(invite, 487)
      await run(100)
      return established
    },
  },
  closed: {
    how: 'waiting for a call when the network is lost',
    route: 'promise',
    show: async ({ connection, bob, network, run }) => {
      const established = connection.invite(bob.uri).established()
      await run(10)
      network.host('192.0.2.1').down()
      await run(10)
      return established
    },
  },
}

const routes: Readonly<Record<Route, string>> = {
  thrown: 'thrown',
  errors$: '`errors$`',
  promise: 'rejects',
}

const codes = Object.keys(errorCodes) as SipErrorCode[]
const shown = codes.flatMap(code => {
  const way = ways[code]
  return 'reserved' in way ? [] : [[code, way] as const]
})

describe('every error code', () => {
  it.each(shown)('%s comes about', async (code, { route, show, policy, sip }) => {
    const scene = await stage(policy, sip)
    const told = record(scene.connection.errors$)
    let thrown: unknown
    let result: unknown
    try {
      const value = show(scene)
      // A promise of the API is what is asked; one of the way itself only leads there.
      result = route === 'promise' ? await Promise.resolve(value) : await value
    } catch (error) {
      thrown = error
    }
    if (route === 'errors$') {
      expect(thrown).toBeUndefined()
      const seen = record((result as Told).errors$)
      expect(seen.values.map(error => error.code)).toEqual([code])
      expect(seen.values[0]!.symbianCode).toBe(errorCodes[code].symbianCode)
    } else {
      expect(isSipError(thrown) && thrown.code).toBe(code)
      expect(told.values).toEqual([])
    }
  })

  it('is reserved with a reason when nothing causes it', () => {
    const reserved = codes.filter(code => 'reserved' in ways[code])
    expect(reserved).toEqual(['outbound-proxy'])
  })
})

it('every code of the old API has one of ours, or is obsolete', () => {
  const known = new Map(symbianErrors.map(([, name, ours]) => [name, ours]))
  for (const code of codes) {
    const { symbianCode } = errorCodes[code]
    if (symbianCode !== undefined) expect([symbianCode, known.has(symbianCode)]).toEqual([symbianCode, true])
  }
  expect(symbianErrors.filter(([, , ours]) => ours === undefined).map(([, name]) => name)).toEqual([
    'KErrSIPMaxCompartmentsInUse',
    'KErrSIPApnSwitchNonFatalFailure',
  ])
})

const page = (): string => {
  const rows = codes.map(code => {
    const way = ways[code]
    const { meaning, symbianCode = '' } = errorCodes[code]
    const how = 'reserved' in way ? `reserved: ${way.reserved} | ` : `${way.how} | ${routes[way.route]}`
    return `| \`${code}\` | ${meaning} | ${how} | ${symbianCode} |`
  })
  const old = symbianErrors.map(
    ([number, name, ours]) =>
      `| ${number ?? ''} | ${name} | ${ours === undefined ? 'obsolete' : `\`${ours}\``} |`,
  )
  return `# Errors

Every failure is a \`SipError\`, told apart by \`code\`. Misuse is thrown at once and has had no effect; what happens later comes
once, on \`errors$\` of the object it happened to; what a promise waits for rejects it. A lost network is none of them: the state of
the connection tells of it, \`lastError\` why, and what it held ends without a word.

This page is written by \`test/errors.test.ts\`, which makes each of them happen.

| code | meaning | for example | how it is told | Symbian |
|---|---|---|---|---|
${rows.join('\n')}

## From the old codes

\`symbianCode\` of an error names the code it descends from.

| number | old code | code |
|---|---|---|
${old.join('\n')}
`
}

it('docs/errors.md is this table', () => {
  const path = new URL('../docs/errors.md', import.meta.url)
  const made = page()
  if (process.env.SIPACTOR_WRITE_DOCS === '1') writeFileSync(path, made)
  expect(readFileSync(path, 'utf8')).toBe(made)
})
