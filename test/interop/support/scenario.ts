/** SIPp scenarios from small steps, for both roles: what XML files would say again and again is said here once. */
import type { SippOptions } from './sipp.ts'

/** One step of a scenario, as XML. */
export type Step = string

type Headers = readonly (readonly [name: string, value: string])[]

/** What a message of SIPp carries besides its dialog. `SIPp` keywords such as `[local_port]` may stand in all of it. */
export interface Parts {
  readonly headers?: Headers
  /** SDP. */
  readonly sdp?: string
  /** Another body: its type and text. */
  readonly body?: readonly [type: string, text: string]
}

/** What is demanded of a message that SIPp receives. */
export interface Demands {
  /** Headers that must match; `undefined`: they must not be there. */
  readonly headers?: readonly (readonly [name: string, pattern: string | undefined])[]
  /** Patterns that the body must match. */
  readonly body?: readonly string[]
  /** It may come or not. */
  readonly optional?: boolean
  /** Milliseconds that it may take. */
  readonly within?: number
  /** Its Record-Route and Contact are those of the dialog from now on. */
  readonly route?: boolean
  /** Label to go on at. */
  readonly next?: string
  /** Keeps all Via of an INVITE that came through a proxy, which has Max-Forwards after them. */
  readonly proxied?: boolean
  /** Header values to keep, for `[$name]` later: variable, header, pattern. */
  readonly keep?: readonly (readonly [variable: string, header: string, pattern?: string])[]
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** G.711 at that address, as SIPp describes it. */
export const audio = (direction = 'sendrecv', version = 1, format = '0'): string =>
  [
    'v=0',
    `o=sipp 1 ${version} IN IP4 [local_ip]`,
    's=-',
    'c=IN IP4 [media_ip]',
    't=0 0',
    `m=audio [media_port] RTP/AVP ${format}`,
    ...(format === '0' ? ['a=rtpmap:0 PCMU/8000'] : [`a=rtpmap:${format} unheard-of/48000`]),
    `a=${direction}`,
  ].join('\n')

/** The address of SIPp. */
export const contact = '<sip:sipp@[local_ip]:[local_port];transport=[transport]>'

const message = (
  start: string,
  headers: Headers,
  { headers: more = [], sdp, body }: Parts,
  raw: string[] = [],
) => {
  const [type, text] = sdp === undefined ? (body ?? []) : ['application/sdp', sdp]
  const lines = [
    start,
    ...raw,
    ...[...headers, ...more].map(([name, value]) => `${name}: ${value}`),
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    text === undefined ? 'Content-Length: 0' : 'Content-Length: [len]',
    '',
    ...(text === undefined ? [] : text.split('\n')),
  ]
  return `<![CDATA[\n${lines.map(line => `      ${line}`.trimEnd()).join('\n')}\n${text === undefined ? '\n' : ''}    ]]>`
}

const send = (text: string, retrans: boolean): Step =>
  `<send${retrans ? ' retrans="500"' : ''}>\n${text}\n</send>`

const ereg = (header: string, pattern: string, variable: string, inverse = false): string =>
  `<ereg regexp="${escaped(pattern)}" search_in="hdr" header="${header}:" ` +
  `${inverse ? 'check_it_inverse' : 'check_it'}="true" assign_to="${variable}"/>`

let demand = 0
/** A variable for each demand: SIPp wants somewhere to put what matches. */
const fresh = (): string => `demand${(demand += 1)}`

/** More than one line, which a header of SIPp's cannot be. */
const allVia = (): string =>
  '<ereg regexp="Via:(.*[^[:space:]])[[:space:]]+Max-Forwards:" search_in="msg" check_it="true" ' +
  `assign_to="${fresh()},inviteVia"/>`

const actions = ({ headers = [], body = [], keep = [], proxied }: Demands): string => {
  const all = [
    ...headers.map(([name, pattern]) => ereg(name, pattern ?? '.+', fresh(), pattern === undefined)),
    ...body.map(
      pattern =>
        `<ereg regexp="${escaped(pattern)}" search_in="body" check_it="true" assign_to="${fresh()}"/>`,
    ),
    ...keep.map(([variable, header, pattern = '.*']) =>
      pattern.includes('(')
        ? ereg(header, pattern, `${fresh()},${variable}`)
        : ereg(header, pattern, variable),
    ),
    ...(proxied ? [allVia()] : []),
  ]
  return all.length === 0 ? '' : `<action>${all.join('\n')}</action>`
}

const receive = (what: string, demands: Demands): Step => {
  const { optional, within, route, next } = demands
  const attributes = [
    what,
    ...(optional ? ['optional="true"'] : []),
    ...(within === undefined ? [] : [`timeout="${within}"`]),
    ...(route ? ['rrs="true"'] : []),
    ...(next === undefined ? [] : [`next="${next}"`]),
  ]
  return `<recv ${attributes.join(' ')}>${actions(demands)}</recv>`
}

/** Awaits a request of ours. */
export const request = (method: string, demands: Demands = {}): Step =>
  receive(`request="${method}"`, demands)

/** Awaits a response of ours. */
export const response = (status: number, demands: Demands = {}): Step =>
  receive(`response="${status}"`, demands)

/** Milliseconds. */
export const pause = (milliseconds: number): Step => `<pause milliseconds="${milliseconds}"/>`

export const label = (name: string): Step => `<label id="${name}"/>`

const copied: readonly string[] = ['[last_Via:]', '[last_Record-Route:]', '[last_From:]']
const copiedRest: readonly string[] = ['[last_Call-ID:]', '[last_CSeq:]']

/** Answers the request received last; `tag` when To has none yet. */
export const reply = (status: number, parts: Parts = {}, tag = ''): Step =>
  send(
    message(`SIP/2.0 ${status} SIPp`, [], parts, [
      ...copied,
      `[last_To:]${tag && `;tag=${tag}`}`,
      ...copiedRest,
    ]),
    false,
  )

/** Keeps what an answer to this request needs, for `callee.answer(…, { of: prefix })` after others came between. */
export const kept = (prefix: string): NonNullable<Demands['keep']> =>
  (['Via', 'From', 'To', 'CSeq'] as const).map(name => [`${prefix}${name}`, name] as const)

/** Tag of SIPp as callee. */
export const ownTag = '[pid]SIPp[call_number]'

/** SIPp is called. Its dialog is made by `invited`, and answered by `answer`, also when other requests came between. */
export const callee = {
  /** Awaits the INVITE. */
  invited: (demands: Demands = {}): Step =>
    request('INVITE', { ...demands, route: true, keep: [...kept('invite'), ...(demands.keep ?? [])] }),

  /** Awaits a re-INVITE, which `answer(…, 'again')` answers. */
  reinvited: (demands: Demands = {}): Step =>
    request('INVITE', { ...demands, keep: [...kept('again'), ...(demands.keep ?? [])] }),

  /** Answers the INVITE; a final answer is repeated until its ACK comes. */
  answer: (
    status: number,
    parts: Parts = {},
    { tag = ownTag, of = 'invite', repeat = status >= 200 } = {},
  ): Step =>
    send(
      message(`SIP/2.0 ${status} SIPp`, status < 300 ? [['Contact', contact]] : [], parts, [
        `Via:[$${of}Via]`,
        ...(of === 'invite' ? ['[last_Record-Route:]'] : []),
        `From:[$${of}From]`,
        `To:[$${of}To]${of === 'invite' ? `;tag=${tag}` : ''}`,
        'Call-ID: [call_id]',
        `CSeq:[$${of}CSeq]`,
      ]),
      repeat,
    ),

  /** A request in that dialog; `refused`: the ACK for a refusal. */
  request: (
    method: string,
    cseq: number,
    parts: Parts = {},
    { refused = false, lacksContact = false } = {},
  ): Step =>
    inDialog(method, cseq, parts, [`From:[$inviteTo];tag=${ownTag}`, 'To:[$inviteFrom]'], {
      refused,
      lacksContact,
    }),
} as const

const via = (cseq: number, method: string): string =>
  `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number]-${cseq}-${method}`

const inDialog = (
  method: string,
  cseq: number,
  parts: Parts,
  parties: readonly string[],
  { refused, lacksContact }: { readonly refused: boolean; readonly lacksContact: boolean },
): Step =>
  send(
    message(
      `${method} [next_url] SIP/2.0`,
      [
        ['Call-ID', '[call_id]'],
        ['CSeq', `${cseq} ${method}`],
        ...(lacksContact ? [] : [['Contact', contact] as const]),
        ['Max-Forwards', '70'],
      ],
      parts,
      [via(cseq, refused ? 'INVITE' : method), '[routes]', ...parties],
    ),
    method !== 'ACK',
  )

const callerFrom = '"SIPp" <sip:sipp@[local_ip]:[local_port]>;tag=[pid]SIPp[call_number]'
const called = '<sip:[service]@[remote_ip]:[remote_port]>'

/** SIPp calls. */
export const caller = {
  invite: (parts: Parts = {}, { method = 'INVITE', cseq = 1, lacksContact = false } = {}): Step =>
    send(
      message(
        `${method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0`,
        [
          ['From', callerFrom],
          ['To', called],
          ['Call-ID', '[call_id]'],
          ['CSeq', `${cseq} ${method}`],
          ...(lacksContact ? [] : [['Contact', contact] as const]),
          ['Max-Forwards', '70'],
        ],
        parts,
        [via(cseq, method === 'CANCEL' ? 'INVITE' : method)],
      ),
      true,
    ),

  /** ACK for a refusal of the first INVITE: of the same transaction. §17.1.1.3 */
  ackRefusal: (cseq = 1): Step =>
    send(
      message(
        'ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0',
        [
          ['From', callerFrom],
          ['Call-ID', '[call_id]'],
          ['CSeq', `${cseq} ACK`],
          ['Max-Forwards', '70'],
        ],
        {},
        [via(cseq, 'INVITE'), '[last_To:]'],
      ),
      false,
    ),

  /** A request in the dialog. */
  request: (
    method: string,
    cseq: number,
    parts: Parts = {},
    { refused = false, lacksContact = false } = {},
  ): Step =>
    inDialog(method, cseq, parts, [`From: ${callerFrom}`, `To: ${called}[peer_tag_param]`], {
      refused,
      lacksContact,
    }),
} as const

/** The end of a call that SIPp made: it hangs up. */
export const hangsUp = (cseq: number): readonly Step[] => [caller.request('BYE', cseq), response(200)]

/** The end of a call in either role: we hang up. */
export const hungUp: readonly Step[] = [request('BYE'), reply(200)]

/** The scenario as SIPp reads it. */
export const scenario = (...steps: readonly Step[]): Pick<SippOptions, 'scenario'> => {
  const text = steps.join('\n')
  const assigned = [...text.matchAll(/assign_to="([^"]*)"/g)].flatMap(([, names = '']) => names.split(','))
  const used = [...new Set(assigned)].join(',')
  return {
    scenario:
      '<?xml version="1.0" encoding="UTF-8" ?>\n<scenario name="steps">\n' +
      `${text}\n${used && `<Reference variables="${used}"/>\n`}</scenario>\n`,
  }
}
