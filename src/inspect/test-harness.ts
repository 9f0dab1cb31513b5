/** The frame of a generated test: engine, peers, what was seen. */
import { quoted } from './vocabulary.ts'

/** What goes into it. */
export interface Harness {
  readonly title: string
  readonly imports: { readonly core: string; readonly message: string; readonly testing: string }
  readonly engine: { readonly host: string; readonly port: number; readonly user: string | undefined }
  readonly credentials: string | undefined
  readonly names: Readonly<Record<string, unknown>>
  readonly peers: readonly { readonly host: string; readonly port: number; readonly transport: string }[]
  readonly left: readonly string[]
  readonly script: string
}

/** A comment cannot be ended from within. */
const comment = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').replaceAll('*/', '* /')

const literal = (value: unknown): string =>
  typeof value === 'string'
    ? quoted(value)
    : typeof value === 'object' && value !== null
      ? `{ ${Object.entries(value)
          .map(([key, one]) => `${quoted(key)}: ${literal(one)}`)
          .join(', ')} }`
      : String(value)

const leftOut = (left: readonly string[]): string =>
  left.length === 0
    ? ''
    : `\n *\n * Ends before what could not be replayed: ${comment(left.slice(0, 5).join(', '))}.`

/** Where the test ends early, the engine goes its own way. */
const nothingMore = `  await clock.run(0)
  expect(out.slice(read).map(({ cseq }) => cseq), 'the engine sent more than was recorded').toEqual([])
`

export const harness = ({
  title,
  imports,
  engine,
  credentials,
  names,
  peers,
  left,
  script,
}: Harness): string => `/**
 * ${comment(title)}: replayed from a trace. What the peers sent goes in again, what the engine sent is expected.${leftOut(left)}
 */
import { expect, it } from ${quoted('vitest')}
import { type Call, createSip, type Flow, type FlowHandler, type Offer, type ServerTransaction } from ${quoted(imports.core)}
import { isMalformed, MessageStream, parse, type SipMessage } from ${quoted(imports.message)}
import { simulatedNetwork, virtualClock } from ${quoted(imports.testing)}

const engine = ${literal({ host: engine.host, port: engine.port })}
const peers = [
${peers.map(peer => `  ${literal(peer)} as const,`).join('\n')}
]
/** Names that the engine looks up. */
const names: Record<string, { host: string; port: number; transport: 'UDP' | 'TCP' }> = ${literal(names)}
const credentials = { username: ${quoted(credentials ?? 'nobody')}, password: 'replayed' }

it(${quoted(title)}, async () => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock, latency: 0 })
  const resolver = { resolve: async ({ host }: { readonly host: string }) => (names[host] ? [names[host]] : []) }
  const sip = createSip({ platform: network.platform({ ...engine, resolver }) })
  sip.credentials.provider = () => credentials
  const connection = sip.connect({ port: engine.port${engine.user === undefined ? '' : `, user: ${quoted(engine.user)}`} })
  await connection.active()
  const calls: Call[] = []
  const transactions: ServerTransaction[] = []
  const offers: Offer[] = []
  const watch = (call: Call): Call => {
    call.offers$.subscribe(offer => void offers.push(offer))
    return call
  }
  connection.calls$.subscribe(call => void calls.push(watch(call)))
  connection.requests$.subscribe(transaction => void transactions.push(transaction))

  /** What the engine sent, in order, and how much of it was expected so far. */
  const out: SipMessage[] = []
  let read = 0
  /** What it made up in this run, by the names used below. */
  const seen: Record<string, string> = {}
  const flows = new Map<string, Flow>()
  const open = new Map<string, () => Flow>()
  for (const { host, port, transport: wanted } of peers) {
    const transport = network.platform({ host }).transports.find(({ name }) => name === wanted)!
    const handle = (flow?: Flow): FlowHandler => {
      if (flow) flows.set(\`\${host.includes(':') ? \`[\${host}]\` : host}:\${port}\`, flow)
      const stream = new MessageStream()
      return {
        opened: () => undefined,
        failed: () => undefined,
        closed: () => undefined,
        received: bytes => {
          if (wanted === 'UDP') {
            const message = parse(bytes)
            if (!isMalformed(message)) out.push(message)
          } else for (const item of stream.push(bytes)) if ('fields' in item) out.push(item)
        },
      }
    }
    await transport.listen({ host, port }, handle)
    // A stream that the peer opens, when it speaks first.
    const local = { host, port }
    if (wanted === 'TCP')
      open.set(\`\${host}:\${port}\`, () => {
        const flow = transport.connect!({ ...engine, transport: 'TCP' }, local, handle())
        flows.set(\`\${host}:\${port}\`, flow)
        return flow
      })
  }

  const receive = async (from: string, text: string): Promise<void> => {
    const flow = flows.get(from) ?? open.get(from)!()
    flow.send(Uint8Array.from(text, letter => letter.charCodeAt(0)), engine)
    await clock.run(0)
  }
  const sent = async (wanted: string, learn: Record<string, string> = {}): Promise<void> => {
    if (out.length === read) await clock.run(0)
    const message = out[read]
    read += 1
    const { seq, method } = message?.cseq ?? { seq: 0, method: '' }
    expect(message?.kind === 'response' ? \`\${message.status} \${method} \${seq}\` : \`\${method} \${seq}\`).toBe(wanted)
    if (!message) return
    const values: Record<string, string | undefined> = {
      branch: message.via.params.get('branch'),
      callId: message.callId,
      tag: message.kind === 'request' ? message.fromTag : message.toTag,
      contact: /<([^>]+)>/.exec(message.header('contact') ?? '')?.[1],
      rseq: message.header('rseq'),
    }
    for (const [part, name] of Object.entries(learn)) {
      seen[name] ??= values[part] ?? ''
      expect(values[part], \`\${part} of \${wanted}\`).toBe(seen[name])
    }
  }

${script}

${left.length > 0 ? '' : nothingMore}  const closed = sip.close()
  await clock.run(300_000)
  await closed
})
`
