/** The native sub-protocol: greeting, state of late joiners, batches, acknowledgement, what a slow reader misses. */
import { afterEach, describe, expect, it } from 'vitest'
import { type Frame, fromWire, TraceModel } from '../../src/inspect/index.ts'
import { serveInspector } from '../../src/inspect-node/index.ts'
import { serverLimits, serveSources } from '../../src/inspect-node/serve.ts'
import { liveSource } from '../../src/inspect-node/source.ts'
import { inspected, Native, recorded } from './support.ts'

const opened: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of opened.splice(0).reverse()) await end()
})

const begin = async (options: Parameters<typeof inspected>[0] = {}) => {
  const made = await inspected(options)
  opened.push(() => made.end())
  return made
}

const client = (url: string): Native => {
  const native = new Native(url)
  opened.push(() => native.close())
  return native
}

const seqsOf = (native: Native): number[] => native.frames.map(({ seq }) => seq)

const isRising = (seqs: readonly number[], from: number): boolean =>
  seqs.every((seq, at) => seq === from + at)

describe('sipactor-trace.1', () => {
  it('greets, tells who lives, then every frame in order, as trace files have them', async () => {
    const { inspector, alice, call } = await begin()
    const native = client(inspector.url)
    await native.until(() => native.last('actors') !== undefined)
    const [hello, actors] = native.words
    expect(hello).toMatchObject({
      type: 'hello',
      version: 1,
      engine: 'sipactor',
      engines: ['sipactor'],
      redacted: true,
      recorded: false,
    })
    expect(actors).toMatchObject({ type: 'actors', of: actors?.actors?.length })
    expect(actors?.actors?.map(({ machine }) => machine)).toEqual(
      expect.arrayContaining(['connection', 'flow']),
    )
    const told = recorded(alice.sip)
    await call()
    await native.until(() => native.frames.length === told.length)
    expect(seqsOf(native)).toEqual(told)
    expect(seqsOf(native)[0]).toBe((actors?.seq ?? 0) + 1)
    const frames = native.frames.map(frame => fromWire(frame))
    expect(frames.some(frame => frame.kind === 'fault')).toBe(false)
    const model = new TraceModel()
    model.seed(actors?.actors ?? [], actors?.seq ?? 0)
    model.append(frames as Frame[])
    expect(model.flows().map(({ kind }) => kind)).toContain('call')
  })

  it('gives a late joiner the present state of every actor, and then what follows', async () => {
    const { inspector, alice, world } = await begin()
    const before = client(inspector.url)
    await before.until(() => before.last('actors') !== undefined)
    const call = alice.connection.invite('sip:bob@192.0.2.2', {
      offer:
        'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n',
    })
    await world.run(500)
    expect(call.state.is).toBe('confirmed')
    const late = client(inspector.url)
    await late.until(() => late.last('actors') !== undefined)
    const { seq = 0, actors = [] } = late.last('actors')!
    expect(seq).toBe(alice.sip.actors().seq)
    expect(actors).toEqual(alice.sip.actors().actors)
    expect(actors.find(({ machine }) => machine === 'outgoingCall')?.state).toMatch(/^confirmed/)
    const ended = call.hangUp()
    await world.run(200)
    await ended
    const last = alice.sip.actors().seq
    await late.until(() => late.frames.at(-1)?.seq === last)
    await before.until(() => before.frames.at(-1)?.seq === last)
    // Those who were there give the late one what they had since, and nothing twice.
    const seqs = seqsOf(late)
    expect(isRising(seqs, seqs[0]!)).toBe(true)
    expect(new Set(seqs).size).toBe(seqs.length)
    expect(isRising(seqsOf(before), seqsOf(before)[0]!)).toBe(true)
  })

  it('keeps a ring for those who come later, and none unless it is asked for', async () => {
    const kept = await begin({ ring: 1000 })
    await kept.call()
    const late = client(kept.inspector.url)
    const last = kept.alice.sip.actors().seq
    await late.until(() => late.last('actors') !== undefined && late.frames.at(-1)?.seq === last)
    expect(late.words[0]).toMatchObject({ ring: 1000 })
    expect(late.frames.some(frame => frame.kind === 'message')).toBe(true)
    // Records stand after the frames that are in them.
    expect(late.words.findIndex(({ type }) => type === 'actors')).toBeGreaterThan(
      late.words.findIndex(({ type }) => type === 'frames'),
    )

    const plain = await begin()
    const seq = plain.alice.sip.actors().seq
    await plain.call()
    // Frames are numbered only while somebody watches.
    expect(plain.alice.sip.actors().seq).toBe(seq)
    const watcher = new Native(plain.inspector.url)
    await watcher.until(() => watcher.last('actors') !== undefined)
    watcher.close()
    await watcher.untilClosed()
    while (plain.inspector.clients > 0) await new Promise(resolve => setImmediate(resolve))
    const after = plain.alice.sip.actors().seq
    await plain.call()
    expect(plain.alice.sip.actors().seq).toBe(after)
  })

  it('serves a client that comes back from where it was, and several at once', async () => {
    const { inspector, alice, call } = await begin({ ring: 10_000 })
    const [one, two] = [client(inspector.url), client(inspector.url)]
    await Promise.all([one, two].map(native => native.until(() => native.last('actors') !== undefined)))
    await call()
    const seq = alice.sip.actors().seq
    await Promise.all([one, two].map(native => native.until(() => native.frames.at(-1)?.seq === seq)))
    expect(one.frames).toEqual(two.frames)
    one.close()
    await one.untilClosed()
    await call()
    const again = client(`${inspector.url}?after=${seq}`)
    const last = alice.sip.actors().seq
    await again.until(() => again.frames.at(-1)?.seq === last)
    expect(seqsOf(again)[0]).toBe(seq + 1)
    expect(again.words[0]?.instance).toBe(one.words[0]?.instance)
    await two.until(() => two.frames.at(-1)?.seq === last)
  })

  it('tells what a machine remembers, without secrets; and does not when that is forbidden', async () => {
    const { inspector, alice } = await begin()
    const native = client(inspector.url)
    await native.until(() => native.last('actors') !== undefined)
    const connection = native.last('actors')!.actors!.find(({ machine }) => machine === 'connection')!
    native.say({ type: 'context', actor: connection.id })
    await native.until(() => native.last('context') !== undefined)
    expect(native.last('context')).toEqual({
      type: 'context',
      actor: connection.id,
      value: JSON.parse(JSON.stringify(alice.sip.actorContext(connection.id))),
    })

    const shut = await begin({ allowContext: false })
    const other = client(shut.inspector.url)
    await other.until(() => other.last('actors') !== undefined)
    other.say({ type: 'context', actor: other.last('actors')!.actors![0]!.id })
    await other.until(() => other.last('context') !== undefined)
    expect(other.last('context')?.value).toBeNull()
  })

  it('hides secrets in messages, unless told otherwise', async () => {
    const secret = '0123456789abcdef0123456789abcdef'
    for (const redact of [true, false]) {
      const { inspector, alice, world } = await begin({ redact })
      const native = client(inspector.url)
      await native.until(() => native.last('actors') !== undefined)
      alice.connection.request({
        method: 'MESSAGE',
        uri: 'sip:bob@192.0.2.2',
        headers: [
          [
            'Authorization',
            `Digest username="alice", realm="x", nonce="n", uri="sip:x", response="${secret}"`,
          ],
        ],
      })
      await world.run(100)
      const last = alice.sip.actors().seq
      await native.until(() => native.frames.at(-1)?.seq === last)
      const texts = native.frames.flatMap(frame =>
        frame.kind === 'message' ? [Buffer.from(frame.bytes, 'base64').toString('latin1')] : [],
      )
      expect(texts.some(text => text.includes('response="'))).toBe(true)
      expect(texts.some(text => text.includes(secret))).toBe(!redact)
    }
  })

  it('serves several engines by their names', async () => {
    const { alice, bob, call } = await begin()
    const inspector = await serveInspector({ alice: alice.sip, 'bob smith': bob.sip })
    opened.push(() => inspector.close())
    const natives = [client(inspector.urls.alice!), client(inspector.urls['bob smith']!)]
    await Promise.all(natives.map(native => native.until(() => native.last('actors') !== undefined)))
    expect(natives.map(({ words }) => words[0]?.engine)).toEqual(['alice', 'bob smith'])
    expect(natives[0]!.words[0]?.engines).toEqual(['alice', 'bob smith'])
    await call()
    const last = bob.sip.actors().seq
    await natives[1]!.until(() => natives[1]!.frames.at(-1)?.seq === last)
  })
})

describe('a client that does not keep up', () => {
  /** A server whose client may not hold much, and is given only `ring` frames. */
  const tight = async (limits: Partial<typeof serverLimits>, ring: number) => {
    const made = await begin()
    const source = liveSource('tight', made.alice.sip, ring, true)
    const inspector = await serveSources([source], {}, { ...serverLimits, ...limits })
    opened.push(() => inspector.close())
    return { ...made, inspector }
  }

  it('is told which frames it has missed, and then who lives', async () => {
    const { inspector, alice, call } = await tight({ unacknowledged: 1 }, 40)
    const native = client(inspector.url)
    await native.until(() => native.last('actors') !== undefined)
    await call()
    const had = alice.sip.actors().seq
    await native.until(() => native.frames.at(-1)?.seq === had)
    // It has read that much, says so of a part, and then nothing for a while.
    native.say({ type: 'ack', seq: had - 1 })
    native.say({ type: 'context', actor: 'x' })
    await native.until(() => native.last('context') !== undefined)
    for (let n = 0; n < 3; n++) await call()
    const words = native.words.length
    native.say({ type: 'ack', seq: had })
    await native.until(() => native.words.slice(words).some(({ type }) => type === 'dropped'))
    const dropped = native.last('dropped')!
    expect(dropped.from).toBe(had + 1)
    const last = alice.sip.actors().seq
    const confirm = setInterval(() => native.say({ type: 'ack', seq: native.frames.at(-1)!.seq }), 20)
    await native.until(
      () =>
        native.frames.at(-1)?.seq === last && native.words.slice(words).some(({ type }) => type === 'actors'),
    )
    clearInterval(confirm)
    // What was sent and what was dropped is all there was.
    const missed = native.words
      .filter(({ type }) => type === 'dropped')
      .reduce((sum, { from = 0, to = 0 }) => sum + to - from + 1, 0)
    expect(native.frames.length + missed).toBe(
      last - native.words.find(({ type }) => type === 'actors')!.seq!,
    )
    expect(native.last('actors')?.actors).toEqual(alice.sip.actors().actors)
  })

  it('is closed when it has missed too much', async () => {
    const { inspector, call } = await tight({ unacknowledged: 1, missed: 20 }, 30)
    const native = client(inspector.url)
    await native.until(() => native.last('actors') !== undefined)
    await call()
    await native.until(() => native.frames.length > 0)
    native.say({ type: 'ack', seq: native.frames[0]!.seq })
    native.say({ type: 'context', actor: 'x' })
    await native.until(() => native.last('context') !== undefined)
    for (let n = 0; n < 4; n++) await call()
    native.say({ type: 'ack', seq: native.frames.at(-1)!.seq })
    await native.untilClosed()
    expect(inspector.clients).toBe(0)
  })

  it('is closed when it takes nothing at all, and the engine does not wait for it', async () => {
    const { inspector, alice, call } = await tight({ buffered: 1024, stalled: 50 }, 100_000)
    const native = client(inspector.url)
    await native.until(() => native.last('actors') !== undefined)
    // Its socket is read no more: what the kernel does not take stays in the server's.
    native.socket.pause()
    const told = recorded(alice.sip)
    while (inspector.clients > 0) {
      await call()
      await new Promise(resolve => setImmediate(resolve))
      if (told.length > 60_000) break
    }
    expect(inspector.clients).toBe(0)
    expect(told.length).toBeGreaterThan(100)
  })
})
