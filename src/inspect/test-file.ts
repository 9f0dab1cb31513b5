/**
 * "Make a test of this": a vitest file that replays what the peers of a trace sent into a new engine on the simulated
 * network, does what the application did, and expects what the engine sent. What the engine chooses by chance (branches,
 * tags, Call-IDs) is learned by name from what it sends and put into what the peers send.
 */
import type { Frame, MessageFrame } from './frame.ts'
import { ipBytes } from './ip.ts'
import { addressText } from './names.ts'
import { redactFrame } from './redact.ts'
import { type Deed, deedsOf } from './test-deeds.ts'
import { harness } from './test-harness.ts'
import { quoted, Vocabulary } from './vocabulary.ts'

/** How the test is written. */
export interface TestFileOptions {
  /** Name of the test; default `a recorded trace`. */
  readonly title?: string
  /** Hide secrets; default true. Peers do not check digests here, so that the test passes all the same. */
  readonly redact?: boolean
  /** Where `sipactor` is imported from; default the package. */
  readonly from?: (entry: '' | '/message' | '/testing') => string
}

/** A test, or why there can be none. */
export type TestFile =
  | { readonly text: string; readonly left: readonly string[] }
  | { readonly text?: undefined; readonly reason: string }

interface Line {
  readonly seq: number
  readonly t: number
  readonly text: string
}

const title = ({ message }: MessageFrame): string => {
  const { seq, method } = message.cseq
  return message.kind === 'request' ? `${message.method} ${seq}` : `${message.status} ${method} ${seq}`
}

/** Our side as the peers know it: the engine may be bound to every address. */
const hostOf = (frames: readonly MessageFrame[]): string => {
  const bound = frames.map(({ local }) => local.host).find(host => !/^(?:0\.0\.0\.0|::)$/.test(host))
  const via = frames.find(({ direction, message }) => direction === 'out' && message.kind === 'request')
    ?.message.via.host
  return bound ?? (via !== undefined && ipBytes(via) ? via : '192.0.2.1')
}

/** Names that the engine looked up, and what was found. */
const namesOf = (sent: readonly MessageFrame[]): Record<string, unknown> => {
  const names: Record<string, unknown> = {}
  for (const { message, remote, transport } of sent) {
    if (message.kind !== 'request') continue
    const next = message.parsed('route')?.[0]?.uri ?? message.target
    if ('host' in next && !ipBytes(next.host))
      names[next.host] ??= { host: remote.host, port: remote.port, transport }
  }
  return names
}

const sentLine = (frame: MessageFrame, words: Vocabulary): Line => {
  const names = Object.entries(words.learn(frame)).map(([part, name]) => `${part}: '${name}'`)
  const more = names.length > 0 ? `, { ${names.join(', ')} }` : ''
  return { seq: frame.seq, t: frame.t, text: `await sent(${quoted(title(frame))}${more})` }
}

const receivedLine = (frame: MessageFrame, words: Vocabulary): Line => ({
  seq: frame.seq,
  t: frame.t,
  text: `await receive('${addressText(frame.remote)}', ${words.template(frame)})`,
})

const deedLine = ({ seq, t, text }: Deed): Line => ({ seq, t, text })

/** Written one after another, the clock moved on in between. */
const scriptOf = (lines: readonly Line[]): string => {
  const written: string[] = []
  let now = lines[0]?.t ?? 0
  const start = now
  for (const { t, text } of lines) {
    const wait = Math.round((t - now) * 1000) / 1000
    if (wait > 0) {
      written.push('', `// ${((t - start) / 1000).toFixed(3)} s`, `await clock.run(${wait})`)
      now = t
    }
    written.push(text)
  }
  return written.map(line => (line === '' ? '' : `  ${line}`)).join('\n')
}

/**
 * The text of a test. Give it the frames of one flow, or a whole trace that is not too long.
 *
 * @example
 * const test = testFileOf(frames, { title: 'alice calls bob' })
 * if (test.text) writeFileSync('test/alice-calls-bob.test.ts', test.text)
 */
export const testFileOf = (frames: Iterable<Frame>, options: TestFileOptions = {}): TestFile => {
  const { redact = true, from = entry => `sipactor${entry}` } = options
  const all = redact ? [...frames].map(redactFrame) : [...frames]
  const messages = all.filter((frame): frame is MessageFrame => frame.kind === 'message')
  if (messages.length === 0) return { reason: 'there is no message among the frames' }
  const other = messages.find(({ transport }) => transport !== 'UDP' && transport !== 'TCP')
  if (other) return { reason: `${other.transport} cannot be replayed yet, only UDP and TCP` }
  const words = new Vocabulary()
  const { deeds, left, credentials, user } = deedsOf(all)
  const lines = [
    ...messages.map(frame => (frame.direction === 'out' ? sentLine : receivedLine)(frame, words)),
    ...deeds.map(deedLine),
  ]
  // What the application could not be made to do, and all that comes of it, is left out.
  const end = left[0]?.seq ?? Number.POSITIVE_INFINITY
  const script = lines.filter(({ seq }) => seq < end).sort((a, b) => a.seq - b.seq)
  const peers = [
    ...new Map(
      messages.map(({ remote, transport }) => [
        addressText(remote),
        { host: remote.host, port: remote.port, transport },
      ]),
    ).values(),
  ]
  const host = hostOf(messages)
  const text = harness({
    title: options.title ?? 'a recorded trace',
    imports: { core: from(''), message: from('/message'), testing: from('/testing') },
    engine: { host, port: messages[0]!.local.port || 5060, user },
    credentials,
    names: namesOf(messages.filter(({ direction }) => direction === 'out')),
    peers,
    left: left.map(({ text: what }) => what),
    script: scriptOf(script),
  })
  return { text, left: left.map(({ text: what }) => what) }
}
