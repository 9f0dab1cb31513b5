/** Requests and responses: what was received or built, typed parts read on first use. RFC 3261 §7. */
import { SipError } from '../errors.ts'
import { inspectedAs } from '../inspected.ts'
import { encodeUtf8, fromBinary, toBinary, toText } from './bytes.ts'
import { type Fields, findField } from './fields.ts'
import { parseHeader } from './headers/parsers.ts'
import { isMalformed } from './malformed.ts'
import { checkNameAddr } from './name-addr.ts'
import { CALL_ID, CSEQ, FROM, headerId, longNameOf, TO, VIA } from './names.ts'
import { wanted } from './params.ts'
import { codesOf } from './scan.ts'
import type {
  CSeq,
  HeaderField,
  HeaderName,
  HeaderTypes,
  Malformed,
  NameAddr,
  SipRequest,
  SipResponse,
  Uri,
  Via,
} from './types.ts'
import { readUri } from './uri.ts'
import { readFirstVia } from './via.ts'

/** A body: bytes; text to be encoded; or a binary string as received. */
export type Body = Uint8Array | string | { readonly binary: string }

/** What the check of a received message has found on its way; `null` where it was not looked for. */
export interface Findings {
  readonly fromTag: string | undefined
  readonly toTag: string | undefined
  readonly callId: string
  readonly seq: number
  readonly seqMethod: string
}

const nowhere: NameAddr = { uri: { scheme: '', opaque: '' }, params: new Map() }
const noVia: Via = { transport: '', host: '', params: new Map() }

abstract class Message {
  /** For the serializer and for derived messages. */
  readonly lines: Fields
  private content: Body
  private readonly findings: Findings | undefined
  private cache: Map<string, unknown> | undefined
  private topVia: Via | undefined
  private list: readonly HeaderField[] | undefined

  static {
    inspectedAs(Message.prototype, message => message.summary())
  }

  constructor(lines: Fields, content: Body, findings: Findings | undefined) {
    this.lines = lines
    this.content = content
    this.findings = findings
    this.cache = undefined
    this.topVia = undefined
    this.list = undefined
  }

  get fields(): readonly HeaderField[] {
    if (this.list !== undefined) return this.list
    const list: HeaderField[] = []
    const { lines } = this
    for (let i = 0; i < lines.size; i++) {
      list.push(Object.freeze({ name: lines.nameAt(i), value: lines.valueAt(i) }))
    }
    return (this.list = Object.freeze(list))
  }

  get body(): Uint8Array {
    const { content } = this
    if (content instanceof Uint8Array) return content
    return (this.content = typeof content === 'string' ? encodeUtf8(content) : fromBinary(content.binary))
  }

  get text(): string {
    const { content } = this
    if (typeof content === 'string') return content
    return toText(content instanceof Uint8Array ? toBinary(content) : content.binary)
  }

  /** The body in the form it is kept in, for a derived message. */
  get carried(): Body {
    return this.content
  }

  /** The body as a binary string. */
  get bodyBinary(): string {
    const { content } = this
    if (!(content instanceof Uint8Array) && typeof content !== 'string') return content.binary
    return toBinary(this.body)
  }

  header(name: string): string | undefined {
    const id = headerId(name)
    const index = findField(this.lines, id, id === 0 ? name.toLowerCase() : '', 0)
    return index < 0 ? undefined : this.lines.valueAt(index)
  }

  headers(name: string): readonly string[] {
    const id = headerId(name)
    return this.all(id, id === 0 ? name.toLowerCase() : '')
  }

  parsed<Name extends HeaderName>(name: Name): HeaderTypes[Name] | undefined {
    const value = this.read(name)
    return isMalformed(value) ? undefined : (value as HeaderTypes[Name] | undefined)
  }

  fault(name: HeaderName): Malformed | undefined {
    const value = this.read(name)
    return isMalformed(value) ? value : undefined
  }

  get via(): Via {
    if (this.topVia !== undefined) return this.topVia
    const line = this.need(VIA)
    const via = readFirstVia(line)
    return (this.topVia = typeof via === 'string' ? noVia : via)
  }

  get from(): NameAddr {
    return this.parsed('from') ?? this.unreadable(FROM)
  }

  get to(): NameAddr {
    return this.parsed('to') ?? this.unreadable(TO)
  }

  get fromTag(): string | undefined {
    return this.findings === undefined ? this.tagOf(FROM) : this.findings.fromTag
  }

  get toTag(): string | undefined {
    return this.findings === undefined ? this.tagOf(TO) : this.findings.toTag
  }

  get callId(): string {
    return this.findings === undefined ? this.need(CALL_ID) : this.findings.callId
  }

  get cseq(): CSeq {
    const { findings } = this
    if (findings !== undefined) return { seq: findings.seq, method: findings.seqMethod }
    const value = this.parsed('cseq')
    if (value !== undefined) return value
    this.need(CSEQ)
    return { seq: 0, method: this.methodOfStartLine() }
  }

  protected abstract methodOfStartLine(): string
  protected abstract startLine(): string

  /** One line for `console.log`, without what would move the cursor of a terminal. */
  private summary(): string {
    const { length } = this.body
    const parts = ['CSeq', 'Call-ID'].flatMap(name => {
      const value = this.header(name)
      return value === undefined ? [] : [`${name} ${value}`]
    })
    if (length > 0) parts.push(`body of ${length} bytes`)
    return `${this.startLine()} (${parts.join(', ')})`.replace(/\p{Cc}/gu, '\ufffd')
  }

  private all(id: number, lower: string): readonly string[] {
    const values: string[] = []
    for (let i = findField(this.lines, id, lower, 0); i >= 0; i = findField(this.lines, id, lower, i + 1)) {
      values.push(this.lines.valueAt(i))
    }
    return values
  }

  private read(name: HeaderName): unknown {
    this.cache ??= new Map()
    const found = this.cache.get(name)
    if (found !== undefined) return found
    const lines = this.all(headerId(name), '')
    if (lines.length === 0) return undefined
    let value = parseHeader(name, lines)
    if (isMalformed(value)) value = { ...value, header: name }
    this.cache.set(name, value)
    return value
  }

  /** The first line of a header without which the message is of no use. */
  private need(id: number): string {
    const index = findField(this.lines, id, '', 0)
    if (index >= 0) return this.lines.valueAt(index)
    throw new SipError('argument', `the message has no ${longNameOf(id)} header`, { header: longNameOf(id) })
  }

  /** In a message that was refused: the address is there but cannot be read. */
  private unreadable(id: number): NameAddr {
    this.need(id)
    return nowhere
  }

  private tagOf(id: number): string | undefined {
    const index = findField(this.lines, id, '', 0)
    if (index < 0) return undefined
    const line = this.lines.valueAt(index)
    if (checkNameAddr(codesOf(line), 0, line.length) !== undefined || wanted.start < 0) return undefined
    return line.slice(wanted.start, wanted.end)
  }
}

export class Request extends Message implements SipRequest {
  readonly kind = 'request'
  readonly method: string
  readonly uri: string
  private goal: Uri | undefined

  constructor(method: string, uri: string, lines: Fields, content: Body, findings?: Findings) {
    super(lines, content, findings)
    this.method = method
    this.uri = uri
    this.goal = undefined
  }

  get target(): Uri {
    if (this.goal !== undefined) return this.goal
    const uri = readUri(this.uri, codesOf(this.uri), 0, this.uri.length)
    return (this.goal = typeof uri === 'string' ? { scheme: '', opaque: this.uri } : uri)
  }

  protected methodOfStartLine(): string {
    return this.method
  }

  protected startLine(): string {
    return `${this.method} ${this.uri} SIP/2.0`
  }
}

export class Response extends Message implements SipResponse {
  readonly kind = 'response'
  readonly status: number
  /** The phrase as a binary string. */
  readonly phrase: string

  constructor(status: number, phrase: string, lines: Fields, content: Body, findings?: Findings) {
    super(lines, content, findings)
    this.status = status
    this.phrase = phrase
  }

  get reason(): string {
    return toText(this.phrase)
  }

  protected methodOfStartLine(): string {
    return ''
  }

  protected startLine(): string {
    return `SIP/2.0 ${this.status} ${this.reason}`
  }
}

/** The class behind a message of ours; a message made elsewhere is refused. */
export const inner = (message: SipRequest | SipResponse): Request | Response => {
  if (message instanceof Request || message instanceof Response) return message
  throw new SipError('argument', 'the message was made by neither parse nor createRequest nor createResponse')
}
