/** Kamailio as a presence server: what we publish is what it tells our subscribers. RFC 3903, RFC 3856, RFC 3842. */
import { describe, expect, it } from 'vitest'
import { isMalformed } from '../../src/message/index.ts'
import { formatBody, type PresenceDocument } from '../../src/packages/index.ts'
import { against } from './support/installed.ts'
import { host, party } from './support/party.ts'
import { presenceServer } from './support/presence-server.ts'

const presence = (status: 'open' | 'closed', note: string): PresenceDocument => ({
  entity: 'sip:alice@interop.example',
  tuples: [
    {
      id: 'phone',
      status,
      contact: 'sip:alice@192.0.2.1',
      notes: [{ text: note }],
      statusExtensions: [],
      extensions: [],
    },
  ],
  notes: [],
  extensions: [],
})

against(['kamailio', 'kamailio-presence', 'kamailio-db_sqlite'], 'Kamailio as presence server', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const scene = async () => {
      const server = await presenceServer()
      const alice = await party({ transports: [transport], user: 'alice' })
      const bob = await party({ transports: [transport], user: 'bob' })
      return { alice, bob, uri: `sip:alice@${host}:${server.port};transport=${transport.toLowerCase()}` }
    }

    it('tells a subscriber what is published, changed and taken back (§4.2, §4.4, §4.5)', async () => {
      const { alice, bob, uri } = await scene()
      const watched = bob.connection.subscribe(uri, {
        event: 'presence',
        accept: ['application/pidf+xml'],
        expires: 60,
      })
      const seen: unknown[] = []
      watched.notifications$.subscribe(({ parsed, state }) => {
        if (isMalformed(parsed)) throw new Error(parsed.reason)
        seen.push(parsed ? parsed.tuples.map(({ status, notes }) => [status, notes[0]?.text]) : state)
      })
      await bob.until(() => watched.state.is === 'active')

      const publication = alice.connection.publish(uri, {
        event: 'presence',
        expires: 60,
        ...formatBody('presence', presence('open', 'at <work> & play')),
      })
      await publication.published()
      const { etag } = publication
      expect([publication.state.is, publication.granted]).toEqual(['published', 60])
      await bob.until(() => seen.length >= 2)
      await publication.update(formatBody('presence', presence('closed', 'gone')).body)
      expect(publication.etag).not.toBe(etag)
      await bob.until(() => seen.length >= 3)
      expect(seen.slice(1)).toEqual([[['open', 'at <work> & play']], [['closed', 'gone']]])
      await publication.remove()
      await bob.until(() => seen.length >= 4)
      expect(publication.state.is).toBe('removed')
      // Nothing is published any more, and so there is no document, or one that says closed.
      expect(seen[3] === 'active' || JSON.stringify(seen[3]).includes('open') === false).toBe(true)
      await watched.unsubscribe()
    })

    it('is renewed, and published anew when the server has lost it (§4.3, 412)', async () => {
      const { alice, uri } = await scene()
      const states: string[] = []
      const publication = alice.connection.publish(uri, {
        event: 'presence',
        expires: 2,
        ...formatBody('presence', presence('open', 'briefly')),
      })
      publication.state$.subscribe(({ is }) => void states.push(is))
      await publication.published()
      const first = publication.etag
      // Renewed after a second; then too late.
      await alice.until(() => publication.state.is === 'published' && publication.etag !== first)
      publication.refresh!.setInterval(5)
      await alice.until(() => alice.received().includes('412 PUBLISH'), 9000)
      await alice.until(() => publication.state.is === 'published')
      expect(states.slice(-3)).toEqual(['refreshing', 'publishing', 'published'])
      await publication.remove()
    })

    it('tells of messages that wait (RFC 3842)', async () => {
      const { alice, bob, uri } = await scene()
      const watched = bob.connection.subscribe(uri, { event: 'message-summary', expires: 60 })
      const counts: unknown[] = []
      watched.notifications$.subscribe(({ parsed }) => {
        if (parsed && !isMalformed(parsed)) counts.push([parsed.waiting, parsed.counts.voice])
      })
      await bob.until(() => watched.state.is === 'active')
      const summary = { waiting: true, account: uri, counts: { voice: { new: 2, old: 1 } }, messages: [] }
      const publication = alice.connection.publish(uri, {
        event: 'message-summary',
        expires: 60,
        ...formatBody('message-summary', summary),
      })
      await publication.published()
      await bob.until(() => counts.length > 0)
      expect(counts).toEqual([[true, { new: 2, old: 1 }]])
      await publication.remove()
      await watched.unsubscribe()
    })
  })

  it('refuses an event that it does not know with 489', async () => {
    const server = await presenceServer()
    const alice = await party({ transports: ['UDP'], user: 'alice' })
    const publication = alice.connection.publish(`sip:alice@${host}:${server.port}`, {
      event: 'nonsense',
      contentType: 'text/plain',
      body: 'x',
    })
    await expect(publication.published()).rejects.toMatchObject({ code: 'rejected', status: 489 })
  })
})
