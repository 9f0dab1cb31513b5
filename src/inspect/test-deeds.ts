/** What the application did, by the steps that nobody else set off, as calls of the public API. */

import type { SipRequest } from '../message/types.ts'
import { isSipUri } from '../message/uri.ts'
import type { Frame, MessageFrame, StepFrame } from './frame.ts'
import { quoted } from './vocabulary.ts'

/** One call of the API, or what none was found for. */
export interface Deed {
  readonly seq: number
  readonly t: number
  readonly text: string
}

/** Everything that a test has to do and to know. */
export interface Deeds {
  readonly deeds: readonly Deed[]
  readonly left: readonly Deed[]
  /** User name of the digests. */
  readonly credentials: string | undefined
  /** User part of our Contact. */
  readonly user: string | undefined
}

const byApplication = ({ event, source, cause }: StepFrame): boolean =>
  event.startsWith('tu.') && source === undefined && cause === undefined

/** Steps of the inner workings that no call of the API stands behind. */
const silent: ReadonlySet<string> = new Set([
  'tu.close',
  'tu.command',
  'tu.described',
  'tu.undescribed',
  'tu.stop',
])

/** Machines that begin because the application wants something. */
const wanted: ReadonlySet<string> = new Set([
  'outgoingCall',
  'registration',
  'standAlone',
  'outgoingChange',
  'referral',
  'refresh',
])

const text = (message: MessageFrame['message']): string => message.text

export const deedsOf = (frames: readonly Frame[]): Deeds => {
  const deeds: Deed[] = []
  const left: Deed[] = []
  const names = new Map<string, string>()
  const owners = new Map<string, string>()
  const counts = { call: 0, registration: 0, incoming: 0, transaction: 0, offer: 0 }
  const bySeq = new Map(frames.map(frame => [frame.seq, frame]))
  const sent = frames.filter(
    (frame): frame is MessageFrame => frame.kind === 'message' && frame.direction === 'out',
  )
  const serves = (id: string | undefined, owner: string): boolean => {
    for (let at = id, depth = 0; at !== undefined && depth < 12; depth += 1) {
      if (at === owner) return true
      at = owners.get(at)
    }
    return false
  }
  for (const frame of frames) if (frame.kind === 'step' && frame.owner) owners.set(frame.actor, frame.owner)
  const firstOf = (actor: string): SipRequest | undefined => {
    const message = sent.find(one => serves(one.actor, actor) && one.message.kind === 'request')?.message
    return message?.kind === 'request' ? message : undefined
  }
  const answerOf = ({ seq }: StepFrame): MessageFrame['message'] | undefined =>
    sent.find(one => one.cause === seq || one.seq > seq)?.message
  const party = (message: SipRequest): string => {
    const { uri } = message.from
    return `from: ${quoted(isSipUri(uri) ? `${uri.scheme}:${uri.user ? `${uri.user}@` : ''}${uri.host}${uri.port ? `:${uri.port}` : ''}` : 'sip:anonymous@anonymous.invalid')}`
  }
  const begin = (frame: StepFrame): string | undefined => {
    const first = firstOf(frame.actor)
    if (!first) return undefined
    if (frame.machine === 'outgoingCall') {
      const name = `call${(counts.call += 1)}`
      names.set(frame.actor, name)
      const offer = first.body.length > 0 ? quoted(text(first)) : "'none'"
      return `const ${name} = watch(connection.invite(${quoted(first.uri)}, { ${party(first)}, offer: ${offer} }))`
    }
    if (frame.machine === 'registration') {
      const name = `registration${(counts.registration += 1)}`
      names.set(frame.actor, name)
      const { uri } = first.to
      const aor = isSipUri(uri) ? `${uri.scheme}:${uri.user ?? ''}@${uri.host}` : ''
      const expires =
        first.parsed('expires') ??
        Number(/;\s*expires=(\d+)/i.exec(first.header('contact') ?? '')?.[1] ?? 3600)
      return `const ${name} = connection.register({ aor: ${quoted(aor)}, registrar: ${quoted(first.uri)}, expires: ${expires}, minRequestedExpires: 1, credentials })`
    }
    const call = [...names].find(([actor]) => serves(frame.owner, actor))?.[1]
    if (frame.machine === 'outgoingChange' && call && first.body.length > 0) {
      const change = first.method === 'UPDATE' ? 'update' : 'reinvite'
      return `${call}.${change}({ offer: ${quoted(text(first))} }).catch(() => undefined)`
    }
    const target = first.header('refer-to')?.match(/^\s*<?([^<>?]+)>?\s*$/)?.[1]
    if (frame.machine === 'referral' && call && target) return `${call}.refer(${quoted(target)})`
    if (frame.machine !== 'standAlone') return undefined
    const type = first.header('content-type')
    const body =
      first.body.length > 0
        ? `, contentType: ${quoted(type ?? 'text/plain')}, body: ${quoted(text(first))}`
        : ''
    return `connection.request({ method: ${quoted(first.method)}, uri: ${quoted(first.uri)}, ${party(first)}${body} })`
  }
  const act = (frame: StepFrame): string | undefined => {
    const { event, machine, actor } = frame
    const name = names.get(actor)
    const answer = answerOf(frame)
    const status = answer?.kind === 'response' ? answer.status : 0
    const body = answer && answer.body.length > 0 ? quoted(text(answer)) : ''
    if (event === 'tu.hangUp' && name) return `void ${name}.hangUp()`
    if (event === 'tu.cancel' && name) return `${name}.cancel()`
    if (event === 'tu.unregister' && name) return `void ${name}.unregister()`
    if (machine === 'incomingCall' && name) {
      if (event === 'tu.provisional')
        return status === 180 && body === ''
          ? `${name}.ring()`
          : `${name}.progress(${status}${body && `, { contentType: 'application/sdp', body: ${body} }`})`
      if (event === 'tu.accept') return `void ${name}.accept(${body})`
      if (event === 'tu.reject') return `${name}.reject(${status})`
    }
    if (machine === 'incomingChange' && name) {
      if (event === 'tu.accept') return `void ${name}.accept(${body})`
      if (event === 'tu.reject') return `${name}.reject(${status})`
    }
    if (machine === 'nonInviteServer' && event === 'tu.final' && name) return `${name}.respond(${status})`
    return undefined
  }
  /** A timer or a message has set it off, not the application. */
  const byEngine = ({ cause }: StepFrame): boolean => {
    const root = cause === undefined ? undefined : bySeq.get(cause)
    return root?.kind === 'message' || (root?.kind === 'step' && root.event.startsWith('xstate.after.'))
  }
  let credentials: string | undefined
  let user: string | undefined
  for (const frame of frames) {
    if (frame.kind === 'message' && frame.direction === 'out') {
      const { message } = frame
      const digest = message.parsed('authorization')?.[0] ?? message.parsed('proxy-authorization')?.[0]
      credentials ??= digest?.params.get('username')
      const contact = message.parsed('contact')
      const uri = contact && contact !== '*' ? contact[0]?.uri : undefined
      if (uri && isSipUri(uri)) user ??= uri.user
    }
    if (frame.kind !== 'step') continue
    const { seq, t, machine, actor, event } = frame
    if (event === 'xstate.init') {
      if (machine === 'incomingCall') names.set(actor, `calls[${counts.incoming++}]!`)
      else if (machine === 'nonInviteServer' && asksApplication(frame, frames))
        names.set(actor, `transactions[${counts.transaction++}]!`)
      else if (machine === 'incomingChange' && asksApplication(frame, frames))
        names.set(actor, `offers[${counts.offer++}]!`)
      const line = byEngine(frame) ? undefined : begin(frame)
      if (line) deeds.push({ seq, t, text: line })
      else if (wanted.has(machine) && !byEngine(frame)) left.push({ seq, t, text: `the start of ${actor}` })
    } else if (byApplication(frame) && !silent.has(event)) {
      const line = act(frame)
      if (line) deeds.push({ seq, t, text: line })
      else left.push({ seq, t, text: `${event} of ${actor}` })
    }
  }
  return { deeds, left, credentials, user }
}

const answers: ReadonlySet<string> = new Set(['tu.final', 'tu.accept', 'tu.reject'])

/** A request that the application answered: its transaction got the response from nobody else. */
const asksApplication = ({ actor }: StepFrame, frames: readonly Frame[]): boolean =>
  frames.some(
    frame =>
      frame.kind === 'step' && frame.actor === actor && answers.has(frame.event) && byApplication(frame),
  )
