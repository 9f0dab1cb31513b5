/** The ladder as text, from frames of engines on a simulated network. */
import { describe, expect, it } from 'vitest'
import type { Frame, Sip } from '../../src/index.ts'
import { Ladder, type LadderOptions, type LadderStyle, ladder } from '../../src/inspect/ladder.ts'
import { testRegistrar } from '../../src/testing/index.ts'
import { sdp as plainSdp } from '../support/text.ts'
import { createWorld, type WorldOptions } from '../support/world.ts'

type Recorded = { readonly party: string; readonly frame: Frame }[]

const sdp = plainSdp('192.0.2.1')
const alice = { name: 'alice', addresses: [{ host: '192.0.2.1', port: 5060 }] }
const bob = { name: 'bob', addresses: [{ host: '192.0.2.2', port: 5060 }] }

const record = (frames: Recorded, party: string, sip: Sip): void => {
  sip.trace$.subscribe(frame => frames.push({ party, frame }))
}

const pair = async (options: WorldOptions = {}) => {
  const world = createWorld({ latency: 10, ...options })
  const a = await world.party('192.0.2.1', {}, { transports: ['UDP'] })
  const b = await world.party('192.0.2.2', {}, { transports: ['UDP'] })
  const frames: Recorded = []
  record(frames, 'alice', a.sip)
  record(frames, 'bob', b.sip)
  b.connection.requests$.subscribe(transaction => transaction.respond(200))
  return { world, frames, alice: a.connection, bob: b.connection, start: world.clock.now() }
}

const message = { method: 'MESSAGE', uri: 'sip:bob@192.0.2.2', contentType: 'text/plain', body: 'hi' }

/** A MESSAGE and its answer, recorded at both ends. */
const exchange = async (options: WorldOptions = {}) => {
  const scene = await pair(options)
  scene.alice.request(message)
  await scene.world.run(5000)
  const { frames, start } = scene
  await scene.world.end()
  return { frames, start }
}

const arrows = (lines: readonly string[], sign: RegExp): readonly string[] =>
  lines.filter(line => sign.test(line))

describe('the ladder', () => {
  it('draws what one engine sent and another received as one arrow, the states of both ends beside it', async () => {
    const { frames, start } = await exchange()
    expect(ladder(frames, { parties: [alice, bob], start })).toEqual([
      '            alice                           bob',
      '  0.000       │ MESSAGE                      │  alice nonInviteClient ● → trying',
      '        udp   ├─ 1 · text/plain ────────────▶│  bob   nonInviteServer ● → trying',
      '  0.010       │ 200 OK                       │  bob   nonInviteServer trying → completed',
      '  +10ms udp   │◀─ 1 MESSAGE ─────────────────┤  alice nonInviteClient trying → completed',
    ])
  })

  it('names a peer that is not watched by its address', async () => {
    const { frames, start } = await exchange()
    const mine = frames.filter(({ party }) => party === 'alice')
    const lines = ladder(mine, { parties: [alice], start })
    expect(lines[0]).toMatch(/^ {12}alice +192\.0\.2\.2:5060$/)
    expect(lines).toHaveLength(5)
    expect(lines[1]).toMatch(/│ {2}nonInviteClient ● → trying$/)
  })

  it('shows time since the start and the gap to the arrow before', async () => {
    const scene = await pair()
    scene.alice.request(message)
    await scene.world.run(1500)
    scene.alice.request(message)
    await scene.world.run(1000)
    const lines = ladder(scene.frames, { parties: [alice, bob], start: scene.start })
    const lefts = lines.slice(1).map(line => line.slice(0, 12).trim())
    expect(lefts).toEqual(['0.000', 'udp', '0.010', '+10ms udp', '1.500', '+1.5s udp', '1.510', '+10ms udp'])
    await scene.world.end()
  })

  it('marks repetitions, and what a watched party never received', async () => {
    const scene = await pair()
    scene.world.network.set({ loss: 1 })
    scene.alice.request(message)
    await scene.world.run(700)
    scene.world.network.set({ loss: 0 })
    await scene.world.run(5000)
    const lines = ladder(scene.frames, { parties: [alice, bob], start: scene.start })
    expect(arrows(lines, /[▶✗◀]/).map(line => line.slice(14).replace(/─+/g, '─').split('  ')[0])).toEqual([
      '├─ lost · 1 · text/plain ─✗│',
      '├─ lost · ↻ repeated · 1 ─✗│',
      '├─ ↻ repeated · 1 ─▶│',
      '│◀─ 1 MESSAGE ─┤',
    ])
    await scene.world.end()
  })

  it('tells a whole call: SDP, states of transactions, dialogs and calls, ACK and BYE', async () => {
    const { world, frames, alice: caller, bob: callee } = await pair()
    callee.calls$.subscribe(call => {
      call.ring()
      void call.accept(sdp)
    })
    const call = caller.invite('sip:bob@192.0.2.2', { offer: sdp })
    await world.run(1000)
    void call.hangUp()
    await world.run(1000)
    const lines = ladder(frames, { parties: [alice, bob] })
    expect(arrows(lines, /[▶◀]/).map(line => line.slice(14).match(/[├│][◀─ ]+(.*?) ─/)?.[1])).toEqual([
      '1 · SDP',
      '1 INVITE',
      '1 INVITE · SDP',
      '1',
      '2',
      '2 BYE',
    ])
    const text = lines.join('\n')
    for (const step of [
      'alice outgoingCall ● → calling',
      'inviteClient calling → proceeding',
      'bob   incomingCall incoming → ringing',
      'dialog ● → early',
      'incomingCall ringing → accepted',
      'inviteServer proceeding → accepted',
      'bob   incomingCall accepted → confirmed',
      'outgoingCall confirmed → terminating',
      'outgoingCall terminating → terminated',
    ])
      expect(text).toContain(step)
    expect(text).not.toContain('clientRequest')
    expect(ladder(frames, { parties: [alice, bob], detail: 'full' }).join('\n')).toContain(
      'clientRequest ● → sent.waiting',
    )
    await world.end()
  })

  it('says that credentials are there, and nothing of them', async () => {
    const world = createWorld({ latency: 10 })
    const registrar = testRegistrar({
      platform: world.network.platform({ host: '192.0.2.10' }),
      users: { alice: 's3cret' },
    })
    await registrar.listen()
    const { sip, connection } = await world.party('192.0.2.1')
    const frames: Recorded = []
    record(frames, 'alice', sip)
    const credentials = { username: 'alice', password: 's3cret' }
    connection.register({ aor: 'sip:alice@example.com', registrar: 'sip:192.0.2.10', credentials })
    await world.run(1000)
    const text = ladder(frames, { parties: [alice], detail: 'full', width: 200 }).join('\n')
    expect(text).toContain('401 Unauthorized')
    expect(text).toMatch(/2 · digest/)
    const values = registrar.log.flatMap(({ request, response }) => [
      ...(request.parsed('authorization')?.[0]?.params.values() ?? []),
      ...(response?.parsed('www-authenticate')?.[0]?.params.values() ?? []),
    ])
    const secrets = values.filter(
      value => value !== undefined && value.length > 8 && !value.startsWith('sip'),
    )
    expect(secrets.length).toBeGreaterThan(3)
    for (const secret of secrets) expect(text).not.toContain(secret)
    await world.end()
  })

  it('draws what was no SIP message, with the reason', () => {
    const at = { local: { host: '192.0.2.2', port: 5060 }, remote: { host: '192.0.2.9', port: 1 } }
    const frame: Frame = { kind: 'malformed', seq: 1, t: 0, transport: 'UDP', reason: 'no start line', ...at }
    const lines = ladder([{ party: 'bob', frame }], { parties: [bob] })
    expect(lines[1]).toContain('not SIP')
    expect(lines[2]).toMatch(/│◀─ no start line ─+┤$/)
  })

  it.each([60, 80, 100, 120, 160, 200])(
    'keeps within %i columns, with three parties and long names',
    async width => {
      const { frames, start } = await exchange()
      const parties = [{ name: 'a-registrar-with-a-long-name.example.com', addresses: [] }, alice, bob]
      const lines = ladder(frames, { parties, start, width })
      expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(width)
      expect(arrows(lines, /▶/)).toHaveLength(1)
    },
  )

  it('shows the lifeline of a party between the two ends of an arrow', async () => {
    const { frames, start } = await exchange()
    const lines = ladder(frames, { parties: [alice, { name: 'proxy', addresses: [] }, bob], start })
    expect(lines[1]).toMatch(/│ MESSAGE +│ +│/)
    expect(lines[2]).toMatch(/├─ 1 · text\/plain ─*┼─+▶│/)
  })
})

describe('a ladder that grows', () => {
  const feed = (frames: Recorded, options: LadderOptions = {}) => {
    const drawn = new Ladder({ parties: [alice, bob], ...options })
    for (const { party, frame } of frames) drawn.push(party, frame)
    return drawn
  }

  it('gives each arrow once, and only when nothing was added to it since that time', async () => {
    const { frames, start } = await exchange()
    const drawn = feed(frames, { start })
    expect(drawn.pending).toBe(true)
    expect(drawn.take(start + 9)).toEqual([])
    expect(drawn.take(start + 15)).toHaveLength(3)
    expect(drawn.take(start + 15)).toEqual([])
    expect(drawn.take(start + 25)).toHaveLength(2)
    drawn.take()
    expect(drawn.pending).toBe(false)
  })

  it('writes the names again under a heading, and when a party joins', async () => {
    const { frames, start } = await exchange()
    const drawn = feed(frames, { start })
    expect(drawn.heading('first')[1]).toMatch(/^── first ─+$/)
    expect(drawn.take(start + 15)[0]).toMatch(/alice +bob/)
    drawn.party({ name: 'carol', addresses: [] })
    expect(drawn.take(start + 25)[0]).toMatch(/alice +bob +carol/)
  })

  it('gives the column of the stranger not seen for longest to the next one, and keeps those with names', async () => {
    const { frames } = await exchange()
    const from = (host: string): Recorded =>
      frames.flatMap(({ party, frame }) =>
        party === 'bob' && frame.kind === 'message'
          ? [{ party, frame: { ...frame, remote: { host, port: 5060 } } }]
          : [],
      )
    const drawn = new Ladder({ parties: [bob], width: 80 })
    const heads: string[] = []
    for (const host of ['192.0.2.21', '192.0.2.22', '192.0.2.23']) {
      for (const { party, frame } of from(host)) drawn.push(party, frame)
      heads.push(drawn.take()[0]!)
    }
    const names = (head: string) => head.match(/bob|192\.0\.2\.2[123]/g)
    expect(heads.map(names)).toEqual([
      ['bob', '192.0.2.21'],
      ['bob', '192.0.2.21', '192.0.2.22'],
      ['bob', '192.0.2.22', '192.0.2.23'],
    ])
  })

  it('colours by kind: requests, successes, states', async () => {
    const { frames, start } = await exchange()
    const styles = new Set<LadderStyle>()
    const paint = (style: LadderStyle, text: string): string => {
      styles.add(style)
      return text
    }
    expect(feed(frames, { start, paint }).take()).toEqual(feed(frames, { start }).take())
    expect([...styles].sort()).toEqual(['line', 'party', 'quiet', 'request', 'state', 'success'])
  })
})
