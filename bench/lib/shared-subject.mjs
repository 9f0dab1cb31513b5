/**
 * One process of `bench shared`. The argument is JSON: `role` is `server` (the shared server), `callee` (answers calls, `socket`
 * of the server or none for an engine of its own) or `callers` (clients that call at once). Tells lines of JSON.
 */
import { performance } from 'node:perf_hooks'
import { createSip } from '../../dist/src/index.js'
import { node } from '../../dist/src/node/index.js'
import { attachSip, serveShared } from '../../dist/src/shared/index.js'

const { role, socket, clients, calls, commands, uri } = JSON.parse(process.argv[2])
const tell = value => process.stdout.write(`${JSON.stringify(value)}\n`)
const platform = () => node({ host: '127.0.0.1', tcp: false })
const sdp =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n'
const make = name =>
  socket === undefined
    ? createSip({ platform: platform() })
    : attachSip({ clientId: name, socket, start: false, reconnect: false })

const roles = {
  async server() {
    await serveShared({ socket, platform: platform() })
    tell({ ready: true })
  },

  async callee() {
    const sip = await make('callee')
    const connection = sip.connect()
    connection.calls$.subscribe(call => void call.accept(sdp))
    await connection.active()
    tell({ port: connection.addresses[0].port })
  },

  async callers() {
    const sips = await Promise.all(Array.from({ length: clients }, async (_, at) => make(`caller ${at}`)))
    const connections = sips.map(sip => sip.connect())
    await Promise.all(connections.map(connection => connection.active()))
    const begun = performance.now()
    const each = async connection => {
      for (let call = 0; call < calls; call += 1) {
        const made = connection.invite(uri, { offer: sdp })
        await made.established()
        await made.hangUp()
      }
    }
    await Promise.all(connections.map(each))
    const callsPerSecond = (clients * calls * 1000) / (performance.now() - begun)
    // A command that does nearly nothing, then one whose answer shows that all before it were carried out.
    const [sip] = sips
    const first = performance.now()
    for (let at = 0; at < commands; at += 1) sip.credentials.clear('nowhere')
    if (sip.serverStatus) await sip.serverStatus()
    const commandsPerSecond = (commands * 1000) / (performance.now() - first)
    const trips = []
    for (let at = 0; sip.serverStatus && at < 200; at += 1) {
      const sent = performance.now()
      await sip.serverStatus()
      trips.push(performance.now() - sent)
    }
    trips.sort((a, b) => a - b)
    tell({ callsPerSecond, commandsPerSecond, trip: trips[100] })
    await Promise.all(sips.map(sip => sip.close()))
    process.exit(0)
  },
}

await roles[role]()
