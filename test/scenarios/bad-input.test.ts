/** What peers send that is no SIP, or nearly: answered where it can be, told once, and nobody falls. RFC 4475, RFC 5118. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { SipEvent } from '../../src/index.ts'
import { isMalformed, parse } from '../../src/message/index.ts'
import { seededRandom } from '../../src/testing/index.ts'
import { record } from '../api/support.ts'
import { createPeer } from '../support/peer.ts'
import { wire as lines, sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { rfc4475, rfc5118 } from '../torture/expected.ts'
import { watch } from './wire.ts'

interface Entry {
  readonly name: string
  readonly expected: string
  readonly alsoAcceptable: readonly string[]
  readonly file?: string
  readonly wire?: string
}

const folder = (name: string): URL => new URL(`../torture/${name}/`, import.meta.url)
const manifest = (name: string): readonly Entry[] =>
  JSON.parse(readFileSync(new URL('manifest.json', folder(name)), 'utf8')).messages

const torture = [
  { name: 'rfc4475', expectations: rfc4475 },
  { name: 'rfc5118', expectations: rfc5118 },
].flatMap(({ name, expectations }) =>
  manifest(name).map(entry => ({
    ...entry,
    bytes: new Uint8Array(readFileSync(new URL(entry.file ?? entry.wire ?? '', folder(name)))),
    expectation: expectations[entry.name],
  })),
)

const alice = '192.0.2.1'
const to = { host: alice, port: 5060 }

/** A user agent that rings and answers, and what it tells. */
const target = async () => {
  const world = createWorld({ latency: 1 })
  const peer = createPeer(world.network, { host: '192.0.2.2' })
  const { sip, connection } = await world.party(alice, { onCallbackError: () => {} })
  const events = record<SipEvent>(sip.events$)
  connection.calls$.subscribe(call => call.ring())
  connection.requests$.subscribe(transaction => transaction.respond(200))
  const wire = watch(world.network)
  return {
    world,
    peer,
    sip,
    connection,
    events,
    answers: () => wire.packets.filter(({ from }) => from.host === alice).map(({ text }) => text),
    clear: () => {
      wire.clear()
      events.values.length = 0
      peer.skip()
    },
    /** The engine is alive, and nothing inside it has failed. */
    async alive(): Promise<void> {
      peer.skip()
      peer.request('OPTIONS', { to })
      await world.run(10)
      expect(peer.has(200)).toBe(true)
      const failures = events.values.flatMap(event =>
        event.type === 'error' && event.error.message.startsWith('internal') ? [event.error.message] : [],
      )
      expect(failures).toEqual([])
    },
  }
}

/** Its To has a tag, so it names a dialog, and none is here: §12.2.2 leaves the choice, and we answer 481. */
const inDialog: ReadonlySet<string> = new Set(['wsinv'])

const statusOf = (text: string): number => Number(text.slice(8, 11))

describe('the torture messages over the wire', () => {
  it.each(torture)('$name', async ({ name, bytes, expected, alsoAcceptable, expectation }) => {
    const all = await target()
    const { world, peer, events, answers, clear, alive } = all
    peer.send(bytes, to)
    // Less than T1: no answer is repeated yet.
    await world.run(400)
    const told = events.values.filter(({ type }) => type === 'malformed')
    const statuses = answers().map(statusOf)
    const finals = statuses.filter(status => status >= 200)
    const answer = finals.length > 0 ? String(finals[0]) : 'ignore'
    const allowed = [expected, ...alsoAcceptable].map(text => text.split(/[ :]/, 1)[0]!)
    // A response without a transaction is accepted by dropping it; a request by ringing, or by its 200.
    const outcomes = statuses.includes(180) ? ['accept'] : answer === '200' ? ['200', 'accept'] : [answer]
    if (answer === 'ignore') outcomes.push('accept-response')
    if (answer === '481' && inDialog.has(name)) outcomes.push('accept')
    expect(
      outcomes.some(outcome => allowed.includes(outcome)) || `${outcomes.join()} for ${allowed.join()}`,
    ).toBe(true)
    if (expectation?.yields === 'message') expect(told).toEqual([])
    else {
      expect(told.length).toBe(1)
      expect(finals).toEqual(expectation?.answerable ? [expectation.yields] : [])
      expect(events.values.length).toBe(1)
      expect(told[0]).toMatchObject(
        expectation?.answerable ? { answered: expectation.yields } : { connection: all.connection },
      )
    }
    clear()
    await alive()
  })
})

describe('no SIP at all', () => {
  const bytes = (...values: readonly number[]) => Uint8Array.from(values)

  it.each([
    ['nothing', bytes()],
    ['a NUL', bytes(0)],
    ['keep-alives', bytes(13, 10, 13, 10)],
    ['a STUN request cut short', bytes(0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42, ...new Array<number>(12).fill(7))],
    ['65,000 zeros', new Uint8Array(65_000)],
    ['high bytes', new Uint8Array(1000).fill(0xff)],
    ['line ends', new Uint8Array(65_000).fill(10)],
    ['a lone start line', new TextEncoder().encode('INVITE sip:a@b SIP/2.0\r\n')],
    ['one endless header', new TextEncoder().encode(`OPTIONS sip:a@b SIP/2.0\r\nX: ${'y'.repeat(60_000)}`)],
  ])('%s draws no answer and harms nobody', async (_, datagram) => {
    const { world, peer, answers, alive, clear, events } = await target()
    peer.send(datagram, to)
    await world.run(400)
    expect(answers()).toEqual([])
    expect(events.values.filter(({ type }) => type === 'malformed').length).toBeLessThanOrEqual(1)
    clear()
    await alive()
  })

  it('a STUN request is answered once, with less than thrice its bytes, and harms nobody (RFC 5626 §8)', async () => {
    const { world, peer, answers, alive, clear, events } = await target()
    peer.send(bytes(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...new Array<number>(12).fill(7)), to)
    await world.run(400)
    expect(answers()).toHaveLength(1)
    expect(answers()[0]!.length).toBeLessThan(60)
    expect(events.values.filter(({ type }) => type === 'malformed')).toEqual([])
    clear()
    await alive()
  })

  it('a malformed ACK is never answered (§17.1.1.3)', async () => {
    const { world, peer, answers, events, alive } = await target()
    peer.send(
      lines`
        ACK sip:alice@192.0.2.1 SIP/2.0
        Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-bad-ack
        From: <sip:peer@192.0.2.2>;tag=a
        To: <sip:alice@192.0.2.1>;tag=b
        Call-ID: bad-ack
        CSeq: one ACK
        Content-Length: 0
      `,
      to,
    )
    await world.run(400)
    expect(answers()).toEqual([])
    expect(events.values.map(({ type }) => type)).toEqual(['malformed'])
    await alive()
  })

  it('on a stream, a message whose end is unknown is answered and the connection closed (§18.3)', async () => {
    const { world, peer, alive } = await target()
    peer.send(
      lines`
        OPTIONS sip:alice@192.0.2.1 SIP/2.0
        Via: SIP/2.0/TCP 192.0.2.2:5060;branch=z9hG4bK-no-length
        Max-Forwards: 70
        From: <sip:peer@192.0.2.2>;tag=a
        To: <sip:alice@192.0.2.1>
        Call-ID: no-length
        CSeq: 1 OPTIONS
        Content-Length: minus one
      `,
      to,
      'TCP',
    )
    await world.run(400)
    expect(peer.all(400).length).toBe(1)
    expect(peer.connections).toBe(0)
    await alive()
  })
})

describe('mutated messages', () => {
  const spots = [
    '\r\n',
    '\r',
    '\n',
    '\0',
    '"',
    '<',
    '>',
    ';',
    ',',
    ':',
    '=',
    '%',
    '\\',
    '@',
    ' ',
    '9',
    '\xff',
    '-1',
  ]

  /** A message with one to four bytes or pieces changed, cut out or doubled. */
  const mutate = (bytes: Uint8Array, random: ReturnType<typeof seededRandom>): Uint8Array => {
    let result = Buffer.from(bytes)
    const edits = Math.floor(random.between(1, 5))
    for (let edit = 0; edit < edits; edit += 1) {
      const at = Math.floor(random.between(0, result.length))
      const cut = Math.floor(random.between(0, 7))
      const spot = Buffer.from(spots[Math.floor(random.between(0, spots.length))]!, 'latin1')
      const doubled = random.fraction() < 0.2 ? result.subarray(at, at + 60) : spot
      result = Buffer.concat([result.subarray(0, at), doubled, result.subarray(at + cut)])
    }
    return new Uint8Array(result)
  }

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    '300 of seed %i, into a call that is up, harm neither engine nor call',
    async seed => {
      const all = await target()
      const { world, peer, connection, events, alive } = all
      const call = connection.invite('sip:peer@192.0.2.2:5060', { offer: sdp(alice) })
      await world.run(10)
      const invite = peer.next('INVITE')
      const ok = peer.reply(invite, 200, { body: sdp('192.0.2.2') })
      await world.run(10)
      const dialog = peer.inDialog(invite, ok)
      const seen: Uint8Array[] = []
      const end = world.network.onPacket(({ from, bytes }) => void (from.host !== alice && seen.push(bytes)))
      dialog.request('INFO', { body: 'x' })
      dialog.request('INVITE', { body: sdp('192.0.2.2', { version: 2 }) })
      peer.request('MESSAGE', { to, body: 'x' })
      end()
      const random = seededRandom(seed)
      const sources = [...torture.map(({ bytes }) => bytes), ...seen, ...seen, ...seen]
      const before = world.clock.pending
      for (let index = 0; index < 300; index += 1) {
        const source = sources[Math.floor(random.between(0, sources.length))]!
        peer.send(mutate(source, random), to)
        if (index % 20 === 19) await world.run(50)
      }
      await world.run(1000)
      // A mutation of BYE could end it; there is none in the dialog.
      expect(call.state.is).toBe('confirmed')
      await alive()
      expect(events.values.some(({ type }) => type === 'malformed')).toBe(true)
      peer.on('BYE', bye => void peer.reply(bye, 200))
      await world.end()
      expect(world.clock.pending).toBeLessThanOrEqual(before + 5)
    },
  )

  it.each([1, 2, 3, 4, 5])(
    '300 of seed %i over TCP, in pieces, close no more than their own connection',
    async seed => {
      const { world, peer, connection, events, alive } = await target()
      world.network.set({ segment: 37 })
      const random = seededRandom(seed)
      for (let index = 0; index < 300; index += 1) {
        const { bytes } = torture[Math.floor(random.between(0, torture.length))]!
        peer.send(mutate(bytes, random), to, 'TCP')
        if (index % 10 === 9) await world.run(50)
        if (index % 50 === 49) peer.disconnect()
      }
      await world.run(1000)
      await alive()
      expect(events.values.some(({ type }) => type === 'malformed')).toBe(true)
      expect(connection.state.is).toBe('active')
      await world.end()
      expect(world.network.connections).toBe(0)
    },
  )

  it('every prefix of a message is refused or taken, and none throws', () => {
    const bytes = torture.find(({ name }) => name === 'wsinv')!.bytes
    for (let length = 0; length < bytes.length; length += 1) {
      const result = parse(bytes.slice(0, length))
      expect(isMalformed(result)).toBe(true)
    }
    expect(isMalformed(parse(bytes))).toBe(false)
  })
})
