/** Steps of SIPp scenarios as XML: what SIPp sends, and what it demands of what it receives. */
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

export const message = (
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

export const send = (text: string, retrans: boolean): Step =>
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
