/** The bodies of the event packages, as peers write them and as we do. RFC 3842, 3863, 4235, 3680, 4575, 3858, 3420. */
import { describe, expect, it } from 'vitest'
import {
  bodyType,
  formatBody,
  formatMessageSummary,
  type MessageSummary,
  parseBody,
  parseConferenceInfo,
  parseDialogInfo,
  parseMessageSummary,
  parsePidf,
  parseReginfo,
  parseWatcherInfo,
} from '../../src/packages/index.ts'
import { good, reasonOf } from './support.ts'

const lines = (...all: readonly string[]) => `${all.join('\r\n')}\r\n`

describe('message-summary (RFC 3842)', () => {
  it('reads the lamp, the account, the counts and the headers of single messages', () => {
    const body = lines(
      'Messages-Waiting: yes',
      'Message-Account: sip:alice@vmail.example.com',
      'Voice-Message: 4/8 (1/2)',
      'fax-message: 1/0',
      'X-Other-Message: 3/3',
      '',
      'To: <alice@example.com>',
      'Subject: carpool',
      '  tomorrow',
      '',
      'To: <alice@example.com>',
    )
    expect(good(parseMessageSummary(body))).toEqual({
      waiting: true,
      account: 'sip:alice@vmail.example.com',
      counts: {
        voice: { new: 4, old: 8, urgentNew: 1, urgentOld: 2 },
        fax: { new: 1, old: 0 },
      },
      messages: [
        [
          ['To', '<alice@example.com>'],
          ['Subject', 'carpool tomorrow'],
        ],
        [['To', '<alice@example.com>']],
      ],
    })
  })

  it.each([
    ['Messages-Waiting: no', false],
    ['messages-waiting:yes', true],
    ['Messages-Waiting : Yes', true],
  ])('reads %s', (line, waiting) => expect(good(parseMessageSummary(line)).waiting).toBe(waiting))

  it('takes line ends without CR, as Asterisk of old sends them', () => {
    expect(good(parseMessageSummary('Messages-Waiting: yes\nVoice-Message: 2/0\n')).counts.voice).toEqual({
      new: 2,
      old: 0,
    })
  })

  it.each([
    ['', 'there is no Messages-Waiting'],
    ['Voice-Message: 1/0', 'there is no Messages-Waiting'],
    ['Messages-Waiting: yes\r\nVoice-Message: many', 'many are no counts'],
    ['nonsense', 'a line has no colon'],
  ])('is malformed: %s', (body, reason) => expect(reasonOf(parseMessageSummary(body))).toBe(reason))

  it('writes it', () => {
    const counts = { voice: { new: 1, old: 2, urgentNew: 1 }, none: { new: 0, old: 0 } }
    const messages = [[['From', '<sip:bob@example.com>']]] as const
    expect(formatMessageSummary({ waiting: true, account: 'sip:a@b', counts, messages })).toBe(
      lines(
        'Messages-Waiting: yes',
        'Message-Account: sip:a@b',
        'Voice-Message: 1/2 (1/0)',
        'None: 0/0',
        '',
        'From: <sip:bob@example.com>',
      ),
    )
  })

  it.each<[string, Partial<MessageSummary>]>([
    ['an account with a line end', { account: 'a\r\nVoice-Message: 9/9' }],
    ['a count below zero', { counts: { voice: { new: -1, old: 0 } } }],
    ['a count with a fraction', { counts: { fax: { new: 0.5, old: 0 } } }],
    ['a header name with a colon', { messages: [[['a:b', 'c']]] }],
    ['a header value with a line end', { messages: [[['a', 'b\nc']]] }],
  ])('refuses to write %s', (_, wrong) => {
    expect(() => formatMessageSummary({ waiting: true, counts: {}, messages: [], ...wrong })).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
  })
})

describe('presence (PIDF, RFC 3863)', () => {
  it('reads tuples, notes, contacts and what extends them', () => {
    const body = `<?xml version="1.0" encoding="UTF-8"?>
      <impp:presence xmlns:impp="urn:ietf:params:xml:ns:pidf" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid"
          xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" entity="pres:someone@example.com">
        <impp:tuple id="sg89ae">
          <impp:status><impp:basic>open</impp:basic><r:x>office</r:x></impp:status>
          <impp:contact priority="0.8">tel:+09012345678</impp:contact>
          <impp:note xml:lang="fr">Je suis là</impp:note>
          <impp:timestamp>2001-10-27T16:49:29Z</impp:timestamp>
        </impp:tuple>
        <impp:tuple id="eg92n8"><impp:status/><impp:contact priority="7">sip:x@y</impp:contact></impp:tuple>
        <impp:note>In a meeting</impp:note>
        <dm:person id="p1"><r:activities><r:meeting/></r:activities></dm:person>
      </impp:presence>`
    const { entity, tuples, notes, extensions } = good(parsePidf(body))
    expect([entity, notes]).toEqual(['pres:someone@example.com', [{ text: 'In a meeting' }]])
    expect(tuples[0]).toMatchObject({
      id: 'sg89ae',
      status: 'open',
      contact: 'tel:+09012345678',
      priority: 0.8,
      notes: [{ text: 'Je suis là', language: 'fr' }],
      timestamp: '2001-10-27T16:49:29Z',
    })
    expect(tuples[0]!.statusExtensions.map(({ name, text }) => [name, text])).toEqual([['x', 'office']])
    // A priority that is none is left out, and so is the state of an empty status.
    expect(tuples[1]).toEqual({
      id: 'eg92n8',
      contact: 'sip:x@y',
      notes: [],
      statusExtensions: [],
      extensions: [],
    })
    expect(extensions[0]!.children[0]!.children[0]!.name).toBe('meeting')
  })

  it.each([
    ['<presence xmlns="urn:ietf:params:xml:ns:pidf"/>', 'presence has no entity'],
    ['<presence entity="a"><tuple><status/></tuple></presence>', 'tuple has no id'],
    ['<presence entity="a"><tuple id="1"/></presence>', 'a tuple has no status'],
  ])('is malformed: %s', (body, reason) => expect(reasonOf(parsePidf(body))).toBe(reason))

  it('reads ISO-8859-1 where it is declared, as some servers send it', () => {
    const written = `<?xml version="1.0" encoding="ISO-8859-1"?><presence entity="a"><note>Jos\u00e9</note></presence>`
    const bytes = Uint8Array.from(written, one => one.charCodeAt(0))
    expect(good(parsePidf(bytes)).notes[0]!.text).toBe('José')
  })
})

describe('dialog (RFC 4235)', () => {
  it('reads dialogs with their parties', () => {
    const body = `<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="partial" entity="sip:alice@example.com">
      <dialog id="as7d900as8" call-id="a84b4c76e66710" local-tag="1928301774" remote-tag="456887766" direction="initiator">
        <state event="rejected" code="486">terminated</state><duration>145</duration>
        <replaces call-id="c1" local-tag="l1" remote-tag="r1"/><referred-by>sip:bob@example.com</referred-by>
        <route-set><hop>sip:p1;lr</hop><hop>sip:p2;lr</hop></route-set>
        <local>
          <identity display="Alice">sip:alice@example.com</identity>
          <target uri="sip:alice@pc33"><param pname="+sip.rendering" pval="no"/><param pname="x" pvalue="y"/></target>
          <session-description type="application/sdp">v=0</session-description><cseq>7</cseq>
        </local>
        <remote><identity>sip:bob@example.org</identity></remote>
      </dialog></dialog-info>`
    expect(good(parseDialogInfo(body))).toEqual({
      entity: 'sip:alice@example.com',
      version: 1,
      state: 'partial',
      dialogs: [
        {
          id: 'as7d900as8',
          callId: 'a84b4c76e66710',
          localTag: '1928301774',
          remoteTag: '456887766',
          direction: 'initiator',
          state: 'terminated',
          event: 'rejected',
          code: 486,
          duration: 145,
          replaces: { callId: 'c1', localTag: 'l1', remoteTag: 'r1' },
          referredBy: 'sip:bob@example.com',
          routeSet: ['sip:p1;lr', 'sip:p2;lr'],
          local: {
            identity: 'sip:alice@example.com',
            displayName: 'Alice',
            target: 'sip:alice@pc33',
            targetParams: [
              ['+sip.rendering', 'no'],
              ['x', 'y'],
            ],
            sessionDescription: 'v=0',
            sessionDescriptionType: 'application/sdp',
            cseq: 7,
          },
          remote: { identity: 'sip:bob@example.org' },
        },
      ],
    })
  })

  it.each([
    ['version="x" state="full"', '', 'version is no number'],
    ['state="full"', '', 'dialog-info has no version'],
    ['version="1" state="some"', '', 'state of dialog-info is none of full, partial'],
    ['version="1" state="full"', '<dialog id="1"/>', 'a dialog has no state'],
    [
      'version="1" state="full"',
      '<dialog id="1"><state>asleep</state></dialog>',
      'asleep is no state of a dialog',
    ],
    ['version="1" state="full"', '<dialog><state>early</state></dialog>', 'dialog has no id'],
  ])('is malformed: %s %s', (attributes, inner, reason) =>
    expect(reasonOf(parseDialogInfo(`<dialog-info entity="a" ${attributes}>${inner}</dialog-info>`))).toBe(
      reason,
    ),
  )
})

describe('reg (RFC 3680)', () => {
  it('reads registrations with their contacts and GRUUs', () => {
    const body = `<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" xmlns:gr="urn:ietf:params:xml:ns:gruuinfo" version="0" state="full">
      <registration aor="sip:user@example.com" id="as9" state="active">
        <contact id="76" state="active" event="registered" duration-registered="7322" expires="600" retry-after="5" q="0.8" callid="c@h" cseq="12">
          <uri> sip:user@pc887.example.com </uri><display-name>Joe</display-name>
          <unknown-param name="+sip.instance">"&lt;urn:uuid:1&gt;"</unknown-param>
          <gr:pub-gruu uri="sip:user@example.com;gr=1"/><gr:temp-gruu uri="sip:t@example.com;gr" first-cseq="54301"/>
        </contact></registration>
      <registration aor="sip:other@example.com" id="b" state="init"/></reginfo>`
    expect(good(parseReginfo(body))).toEqual({
      version: 0,
      state: 'full',
      registrations: [
        {
          id: 'as9',
          aor: 'sip:user@example.com',
          state: 'active',
          contacts: [
            {
              id: '76',
              state: 'active',
              event: 'registered',
              uri: 'sip:user@pc887.example.com',
              displayName: 'Joe',
              durationRegistered: 7322,
              expires: 600,
              retryAfter: 5,
              q: '0.8',
              callId: 'c@h',
              cseq: 12,
              params: [['+sip.instance', '"<urn:uuid:1>"']],
              publicGruu: 'sip:user@example.com;gr=1',
              temporaryGruu: 'sip:t@example.com;gr',
              temporaryGruuCseq: 54301,
            },
          ],
        },
        { id: 'b', aor: 'sip:other@example.com', state: 'init', contacts: [] },
      ],
    })
  })
})

describe('conference (RFC 4575)', () => {
  it('reads the conference, its users and their endpoints', () => {
    const body = `<conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sips:conf@example.com" state="full" version="1">
      <conference-description><subject>Agenda</subject><conf-uris><entry><uri>tel:+1</uri><display-text>TTI</display-text><purpose>participation</purpose></entry></conf-uris><maximum-user-count>20</maximum-user-count></conference-description>
      <host-info><display-text>Host</display-text><web-page>http://example.com</web-page></host-info>
      <conference-state><user-count>33</user-count><active>true</active><locked>0</locked></conference-state>
      <users><user entity="sip:bob@example.com" state="full"><display-text>Bob</display-text>
        <associated-aors><entry><uri>mailto:bob@example.com</uri></entry></associated-aors><roles><entry>participant</entry></roles><languages>en</languages>
        <endpoint entity="sip:bob@pc33"><display-text>Laptop</display-text><referred><when>2005-03-04T20:00:00Z</when><reason>expert</reason><by>sip:mike@example.com</by></referred>
          <status>connected</status><joining-method>dialed-in</joining-method>
          <media id="1"><type>audio</type><label>34569</label><src-id>432424</src-id><status>sendrecv</status></media></endpoint></user></users>
    </conference-info>`
    expect(good(parseConferenceInfo(body))).toEqual({
      entity: 'sips:conf@example.com',
      state: 'full',
      version: 1,
      description: {
        subject: 'Agenda',
        confUris: [{ uri: 'tel:+1', displayText: 'TTI', purpose: 'participation' }],
        maximumUserCount: 20,
      },
      hostInfo: { displayText: 'Host', webPage: 'http://example.com' },
      status: { userCount: 33, active: true, locked: false },
      users: [
        {
          entity: 'sip:bob@example.com',
          state: 'full',
          displayText: 'Bob',
          associatedAors: ['mailto:bob@example.com'],
          roles: ['participant'],
          languages: 'en',
          endpoints: [
            {
              entity: 'sip:bob@pc33',
              state: 'full',
              displayText: 'Laptop',
              referred: { when: '2005-03-04T20:00:00Z', reason: 'expert', by: 'sip:mike@example.com' },
              status: 'connected',
              joiningMethod: 'dialed-in',
              media: [{ id: '1', type: 'audio', label: '34569', srcId: '432424', status: 'sendrecv' }],
            },
          ],
        },
      ],
    })
  })
})

describe('presence.winfo (RFC 3858)', () => {
  it('reads lists of watchers', () => {
    const body = `<watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="0" state="partial">
      <watcher-list resource="sip:professor@example.net" package="presence">
        <watcher status="active" id="8ajksjda7s" duration-subscribed="509" expiration="20" event="approved" display-name="B">sip:userA@example.net</watcher>
        <watcher status="pending" id="hh8juja87s997-ass7" event="subscribe">sip:userB@example.org</watcher></watcher-list></watcherinfo>`
    expect(good(parseWatcherInfo(body)).lists).toEqual([
      {
        resource: 'sip:professor@example.net',
        package: 'presence',
        watchers: [
          {
            id: '8ajksjda7s',
            uri: 'sip:userA@example.net',
            status: 'active',
            event: 'approved',
            displayName: 'B',
            expiration: 20,
            durationSubscribed: 509,
          },
          { id: 'hh8juja87s997-ass7', uri: 'sip:userB@example.org', status: 'pending', event: 'subscribe' },
        ],
      },
    ])
  })
})

describe('bodies by the name of their package', () => {
  it('takes the type that belongs to the package, whatever its case and parameters', () => {
    const body = 'Messages-Waiting: yes\r\n'
    const read = parseBody('message-summary', 'Application/Simple-Message-Summary; charset=utf-8', body)
    expect(good(read).waiting).toBe(true)
    expect(bodyType('Message-Summary')).toBe('application/simple-message-summary')
    expect(bodyType('dialog.winfo')).toBe('application/watcherinfo+xml')
    expect(bodyType('ua-profile')).toBeUndefined()
  })

  it('leaves a body alone that is absent, untyped or of another type', () => {
    expect(parseBody('presence', 'application/pidf+xml', '')).toBeUndefined()
    expect(parseBody('presence', undefined, '<presence/>')).toBeUndefined()
    expect(parseBody('presence', 'text/plain', 'x')).toBeUndefined()
    expect(
      parseBody('presence', 'application/simple-message-summary', 'Messages-Waiting: no'),
    ).toBeUndefined()
    expect(parseBody('messagewaiting', 'application/indication', 'x')).toBeUndefined()
  })

  it('goes by the type where the package is not known', () => {
    const read = parseBody('vendor-mwi', 'application/simple-message-summary', 'Messages-Waiting: no')
    expect(read).toEqual({ waiting: false, counts: {}, messages: [] })
  })

  it('reads the status line of a refer', () => {
    expect(parseBody('refer', 'message/sipfrag;version=2.0', 'SIP/2.0 180 Ringing')).toEqual({
      status: 180,
      reason: 'Ringing',
    })
    expect(reasonOf(parseBody('refer', 'message/sipfrag', 'Via: x'))).toBe('the sipfrag has no status line')
    expect(formatBody('refer', { status: 200, reason: 'OK' })).toEqual({
      contentType: 'message/sipfrag',
      body: 'SIP/2.0 200 OK\r\n',
    })
  })

  it('writes only what it knows', () => {
    expect(() => formatBody('ua-profile' as 'reg', {} as never)).toThrow(
      expect.objectContaining({ code: 'not-supported' }),
    )
  })
})
