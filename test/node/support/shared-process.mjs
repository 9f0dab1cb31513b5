/**
 * An application of the shared server in a process of its own, and a server whose timers are short: for tests that kill
 * them. Takes a JSON object as argument, does what it says, tells lines of JSON.
 */
import { ims, rfc3261 } from 'sipactor'
import { node, sqliteProfileStore } from 'sipactor/node'
import { attachSip, serveShared } from 'sipactor/shared'

const { role, t1, ...given } = JSON.parse(process.argv[2])
const timers = t1 === undefined ? rfc3261 : { ...ims, t1, t2: t1 * 8, t4: t1 * 10, d: t1 * 64 }
const tell = value => process.stdout.write(`${JSON.stringify(value)}\n`)
const platform = () => node({ host: '127.0.0.1' })
const sdp =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n'

const roles = {
  async server() {
    const { store, ...options } = given
    const running = await serveShared({
      platform: platform(),
      timers,
      ...options,
      ...(store && {
        profiles: { store: sqliteProfileStore({ path: store }), connection: { host: '127.0.0.1' } },
      }),
    })
    tell({ is: 'serving', pid: process.pid })
    process.on('SIGTERM', () => void running.close())
    await running.ended
    process.exit(0)
  },

  /** Registers, calls, and tells each state. */
  async client() {
    const { client, socket, register, registrar, call, calls = 1, start = false } = given
    const sip = await attachSip({ clientId: client, socket, start })
    sip.attachment$.subscribe(({ is }) => tell({ is }))
    const connection = sip.connect()
    await connection.active()
    tell({ is: 'active', addresses: connection.addresses })
    if (register) {
      const registration = connection.register({
        aor: register,
        registrar,
        expires: 4,
        minRequestedExpires: 1,
        minGrantedExpires: 1,
      })
      registration.state$.subscribe(({ is }) => tell({ registration: is }))
      registration.transaction$?.subscribe(() => tell({ transaction: true }))
    }
    if (call)
      for (let number = 0; number < calls; number += 1) {
        const made = connection.invite(call, { offer: sdp })
        made.state$.subscribe(({ is }) => tell({ call: is, number }))
        made.errors$.subscribe(({ code }) => tell({ error: code, number }))
      }
  },

  /** Uses the default profile, which is made of what is given when there is none. */
  async user() {
    const { client, socket, profile } = given
    const sip = await attachSip({ clientId: client, socket, start: false })
    await sip.profiles.ready()
    if (sip.profiles.list().length === 0) await sip.profiles.admin.create(profile)
    const enabled = sip.profiles.default().enable()
    await enabled.registered()
    tell({ is: 'registered' })
  },

  /** Waits for calls and answers them. */
  async callee() {
    const { client, socket, start = false } = given
    const sip = await attachSip({ clientId: client, socket, start })
    sip.unboundRequests$.subscribe(({ type, call, transaction }) => {
      tell({ unbound: type, method: call ? 'INVITE' : transaction.method })
    })
    tell({ is: 'attached' })
    if (!given.connect) return
    const connection = sip.connect()
    connection.calls$.subscribe(call => void call.accept(sdp))
    await connection.active()
    tell({ is: 'active', addresses: connection.addresses })
  },
}

await roles[role]()
