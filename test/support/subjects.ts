/**
 * Every machine with an input and the events worth sending, for tests that walk machines: the comparison of compiled
 * and interpreted ones, and the models. Their effects do nothing.
 *
 * A machine exported from `machines/` without a subject here fails a test. Variants are named `machine:variant`.
 */
import { type ActorRef, type AnyEventObject, type AnyStateMachine, type Snapshot, StateMachine } from 'xstate'
import * as machines from '../../machines/index.ts'
import { rfc3261 } from '../../machines/timers.ts'
import { builtin } from '../../src/engine/compile/xstate-internals.ts'
import { SipError } from '../../src/errors.ts'
import { withBody } from '../../src/message/derive.ts'
import { uacDialog } from '../../src/rules/dialog.ts'
import type { Situation } from '../../src/rules/glare.ts'
import { defaultRecovery } from '../../src/rules/network.ts'
import { registerProfileAgent } from '../../src/rules/profile-agents.ts'
import type { ResolvableClient } from '../../src/rules/resolve-client.ts'
import { securityServer } from '../../src/rules/security-agreement.ts'
import { make, nameAddr, reply } from '../rules/support.ts'
import {
  everything,
  everythingEvents,
  parallel,
  parallelEvents,
  spawner,
  spawnerEvents,
  stillborn,
} from './everything-machine.ts'
import { sdp } from './text.ts'

/** Whom the machine under test speaks to. */
// biome-ignore lint/suspicious/noExplicitAny: takes whatever a machine sends
export type Listener = ActorRef<Snapshot<unknown>, any>

export interface Subject {
  readonly machine: AnyStateMachine
  /** A new input each time; `owner` hears what the machine tells its owner. */
  readonly input: (owner: Listener) => unknown
  readonly events: readonly AnyEventObject[]
}

/** The machine with effects that do nothing. */
export const quiet = <M extends AnyStateMachine>(machine: M): M => {
  const actions: Readonly<Record<string, unknown>> = machine.implementations.actions
  const effects = Object.keys(actions).filter(name => builtin(actions[name]) === undefined)
  return machine.provide({ actions: Object.fromEntries(effects.map(name => [name, () => {}])) } as never) as M
}

/** Everything `machines/` exports that is a machine, by its name. */
export const ourMachines: Readonly<Record<string, AnyStateMachine>> = Object.fromEntries(
  Object.entries(machines as Record<string, unknown>).filter(
    (entry): entry is [string, AnyStateMachine] => entry[1] instanceof StateMachine,
  ),
)

/** The events of `after` that a machine knows, so that they can be passed in by hand. */
export const timerEvents = (machine: AnyStateMachine): AnyEventObject[] => {
  const types = (node: AnyStateMachine['root']): string[] =>
    [...node.transitions.keys(), ...Object.values(node.states).flatMap(types as never)] as string[]
  return types(machine.root)
    .filter(type => type.startsWith('xstate.after.'))
    .map(type => ({ type }))
}

const of = (...types: readonly string[]): AnyEventObject[] => types.map(type => ({ type }))
const error = new SipError('transport', 'no route')
const invite = make('INVITE')
const byeRequest = make('BYE', { CSeq: '5 BYE' })
const options = make('OPTIONS')
const [r100, r180, r200, r486] = [
  reply(100, { To: 'Bob <sip:bob@example.com>' }),
  reply(180),
  reply(200, { Contact: '<sip:bob@192.0.2.2>' }),
  reply(486),
]
const r181 = reply(181, { To: 'Bob <sip:bob@example.com>' })
const r503 = reply(503)
const r401 = reply(401, { 'WWW-Authenticate': 'Digest realm="example.com", nonce="n"' })
const fork = reply(200, { To: 'Bob <sip:bob@example.com>;tag=other' })
const okBye = reply(200, { CSeq: '2 BYE' }, 'BYE')
const goneBye = reply(481, { CSeq: '2 BYE' }, 'BYE')
const lateBye = reply(500, { CSeq: '2 BYE' }, 'BYE')

const serverInput = (reliable: boolean) => (owner: Listener) => ({ owner, reliable, timers: rfc3261 })
const clientInput =
  (reliable: boolean, method = 'INVITE') =>
  (owner: Listener) => ({ owner, reliable, timers: rfc3261, request: method === 'INVITE' ? invite : options })

const serverEvents = (...finals: readonly string[]): AnyEventObject[] => [
  ...of('wire.request', 'nonsense'),
  { type: 'wire.ack', request: make('ACK') },
  { type: 'tu.provisional', response: r180 },
  ...finals.map(type => ({ type, response: type === 'tu.success' ? r200 : r486 })),
  { type: 'wire.error', error },
]
const clientEvents: AnyEventObject[] = [
  { type: 'wire.provisional', response: r180 },
  { type: 'wire.success', response: r200 },
  { type: 'wire.failure', response: r486 },
  { type: 'wire.error', error },
  ...of('tu.abandon', 'nonsense'),
]
const transactionEvents: AnyEventObject[] = [
  { type: 'transaction.provisional', response: r100 },
  { type: 'transaction.provisional', response: r180 },
  { type: 'transaction.provisional', response: r181 },
  { type: 'transaction.success', response: r200 },
  { type: 'transaction.failure', response: r486 },
  { type: 'transaction.failed', error },
  { type: 'transaction.completed' },
]
const requestEvents: AnyEventObject[] = [
  ...transactionEvents,
  { type: 'transaction.failure', response: r401 },
  { type: 'transaction.failure', response: r503 },
  { type: 'transaction.failure', response: reply(422, { 'Min-SE': '120' }) },
  { type: 'interval.kept', response: reply(422) },
  { type: 'interval.raised' },
  {
    type: 'resolver.located',
    targets: ['192.0.2.2', '192.0.2.3'].map(host => ({ host, port: 5060, transport: 'UDP' })),
  },
  { type: 'resolver.failed', error },
  { type: 'flow.failed', error },
  { type: 'credentials.refused', error },
  ...of('flow.opening', 'flow.ready', 'credentials.given', 'tu.cancel'),
  { type: 'flow.ready', reused: true },
  { type: 'flow.ready', verifies: true },
  { type: 'credentials.given', targets: [{ host: '192.0.2.2', port: 5061, transport: 'TLS' }] },
  { type: 'answer.good', response: r200 },
  { type: 'answer.refused', error },
]
const security = (line: string): AnyEventObject[] => {
  const response = reply(494, { 'Security-Server': line })
  return [{ type: 'security.listed', request: 'request.1', response, list: securityServer(response) }]
}
const securityEvents: AnyEventObject[] = [
  ...of('security.offered', 'security.forgotten'),
  ...security('digest;q=0.5, tls;q=0.9'),
  ...security('ipsec-3gpp'),
  { type: 'security.ignored', request: 'request.1', response: r200 },
]

const record = uacDialog(invite, r200)
const inDialog = (method: string, seq: number): AnyEventObject => ({
  type: 'wire.request',
  transaction: `z9hG4bK-${seq}`,
  request: make(method, { CSeq: `${seq} ${method}` }),
})
const callInput =
  (autoAck: boolean, more: object = {}) =>
  () => ({ timers: rfc3261, autoAck, ...more })
const moved = reply(302, { Contact: '<sip:carol@192.0.2.3>, <sip:dave@192.0.2.4>;q=0.1' })
const r183 = reply(183, { Require: '100rel', RSeq: '7' })
const [withSdp, plain] = [withBody(reply(183), 'application/sdp', 'v=0'), reply(183)] as const
const prack = (rack: string, seq = 2): AnyEventObject => ({
  type: 'dialog.request',
  request: make('PRACK', { CSeq: `${seq} PRACK`, RAck: rack }),
  transaction: 'z9hG4bK-prack',
})
const branchesOn = { surfaces: true, reliable: true, follow: 'sip:bob@example.com' }
const callEvents: AnyEventObject[] = [
  ...transactionEvents,
  { type: 'transaction.success', response: fork },
  { type: 'transaction.success', response: okBye },
  { type: 'transaction.failure', response: goneBye },
  { type: 'transaction.failure', response: lateBye },
  { type: 'dialog.request', request: byeRequest, transaction: 'z9hG4bK-bye' },
  { type: 'dialog.request', request: options, transaction: 'z9hG4bK-opt' },
  { type: 'dialog.request', request: make('INVITE', { CSeq: '9 INVITE' }), transaction: 'z9hG4bK-again' },
  { type: 'dialog.ack', request: make('ACK') },
  { type: 'transaction.ack', request: make('ACK') },
  { type: 'wire.cancel', request: make('CANCEL') },
  { type: 'tu.provisional', response: r180 },
  { type: 'tu.accept', response: r200 },
  { type: 'tu.reject', response: r486 },
  { type: 'tu.ack', answer: 'v=0' },
  { type: 'tu.provisional', response: r183, reliable: true },
  { type: 'provisional.held', held: true },
  { type: 'provisional.held', held: false },
  ...of('provisional.lost', 'invite.expired'),
  { type: 'tu.leave', dialog: 'dialog.1', remoteTag: 'other' },
  { type: 'transaction.provisional', response: r183 },
  { type: 'transaction.failure', response: moved },
  { type: 'session.lost', reason: 'failed', error },
  ...of('tu.cancel', 'tu.hangUp'),
]

const okInvite = (method: string) =>
  reply(200, { CSeq: `2 ${method}`, Contact: '<sip:bob@192.0.2.2>' }, method)
const refusedChange = (status: number, lines: Record<string, string> = {}) =>
  reply(status, { CSeq: '2 INVITE', ...lines })
const changeInput = (describes: boolean, offerless: boolean) => () => ({
  timers: rfc3261,
  describes,
  offerless,
  ownsCallId: true,
  chances: [0, 0.5, 1, 0.25],
})
const changeEvents: AnyEventObject[] = [
  { type: 'request.sent', request: make('INVITE', { CSeq: '2 INVITE' }) },
  { type: 'transaction.success', response: okInvite('INVITE') },
  { type: 'transaction.success', response: okInvite('UPDATE') },
  { type: 'transaction.failure', response: refusedChange(491) },
  { type: 'transaction.failure', response: refusedChange(481) },
  { type: 'transaction.failure', response: refusedChange(488) },
  { type: 'transaction.failed', error },
  { type: 'transaction.failed', error: new SipError('timeout', 'no answer') },
  { type: 'tu.describe', sdp: 'v=0' },
  ...of(
    'change.turn',
    'change.overtaken',
    'tu.describe',
    'transaction.completed',
    'dialog.ended',
    'nonsense',
  ),
]
const situation = (given: Partial<Situation> = {}) => ({
  timers: rfc3261,
  situation: {
    method: 'INVITE' as const,
    body: 'offer' as const,
    standing: 'stable' as const,
    ourInvite: false,
    theirInvite: false,
    theirUpdate: false,
    ending: false,
    unchanged: false,
    chance: 0.5,
    ...given,
  },
})
const resolving = (...clients: readonly ResolvableClient[]) => ({
  request: make('SUBSCRIBE', { Event: 'presence', 'Accept-Contact': '*;audio;video="FALSE";require' }),
  clients,
  timers: rfc3261,
})
const peerChangeEvents: AnyEventObject[] = [
  { type: 'tu.accept', response: r200 },
  { type: 'tu.reject', response: reply(488) },
  { type: 'wire.cancel', request: make('CANCEL') },
  { type: 'dialog.ack', request: make('ACK') },
  ...of('dialog.ended', 'nonsense'),
]
const granted = (interval: number, refresher: 'local' | 'remote'): AnyEventObject => ({
  type: 'timer.granted',
  grant: { interval, refresher },
})
const own = nameAddr('<sip:alice@192.0.2.1:5060>')
const registered = (expires: number, more: Readonly<Record<string, string>> = {}) =>
  reply(
    200,
    {
      To: '<sip:alice@example.com>;tag=registrar',
      Contact: `<sip:alice@192.0.2.1:5060>;expires=${expires}`,
      CSeq: '1 REGISTER',
      ...more,
    },
    'REGISTER',
  )
const refusedRegister = (status: number, more: Readonly<Record<string, string>> = {}) => ({
  type: 'transaction.failure',
  response: reply(status, { CSeq: '1 REGISTER', ...more }, 'REGISTER'),
})
const registrationInput = (refreshes: boolean, recovers: boolean) => () => ({
  aor: 'sip:alice@example.com',
  requested: 600,
  minGranted: 1,
  maxMinExpires: 7200,
  refreshes,
  recovers,
  outbound: recovers,
  // The longest wait from the first failure on: fewer states to walk.
  backOff: { base: 2000, max: 1800 },
  seed: 7,
})
const registrationBasics: AnyEventObject[] = [
  { type: 'request.sent', contact: own },
  { type: 'transaction.success', response: registered(600) },
  refusedRegister(403),
  { type: 'transaction.failed', error },
  ...of('tu.register', 'tu.unregister', 'tu.close', 'refresh.due', 'pacer.go'),
]
const registrationEvents: AnyEventObject[] = [
  ...registrationBasics,
  { type: 'transaction.provisional', response: reply(100, { CSeq: '1 REGISTER' }, 'REGISTER') },
  { type: 'transaction.provisional', response: reply(182, { CSeq: '1 REGISTER' }, 'REGISTER') },
  { type: 'transaction.success', response: registered(1) },
  { type: 'transaction.success', response: reply(200, { CSeq: '1 REGISTER' }, 'REGISTER') },
  refusedRegister(423, { 'Min-Expires': '1200' }),
  { type: 'tu.update', expires: 300 },
  ...of('tu.update'),
]
// Two tries and no more: fewer states to walk. One that gives up a proxy at once, too.
registerProfileAgent('hasty', ietf => ({
  ...ietf,
  type: { class: 'other', name: 'hasty' },
  retry: ({ status }, { failures }) => {
    if (status === 403) return 'fatal'
    return status === 500 || failures > 1 ? 'elsewhere' : { after: 30 }
  },
}))
const profileTerms = (autoRegister: boolean, networks: number, resolves: boolean) => () => ({
  agent: 'hasty',
  autoRegister,
  networks,
  resolves,
  mayDoWithout: resolves,
  seed: 7,
})
const failing = (type: string, status?: number): AnyEventObject => ({
  type,
  error,
  failure: status === undefined ? { code: 'timeout' } : { code: 'rejected', status },
})
const saving = (update: string, terms: object): AnyEventObject => ({ type: 'tu.save', update, terms })
const using = (type: string, use = 'use.1'): AnyEventObject => ({ type, use })
const profileBasics: AnyEventObject[] = [
  using('tu.enable'),
  using('tu.disable'),
  ...of('network.up', 'registration.registered', 'registration.gone', 'tu.close'),
]
const profileEvents: AnyEventObject[] = [
  ...profileBasics,
  ...['cosmetic', 'contactOnly', 'structural'].map(update => saving(update, profileTerms(false, 1, true)())),
  ...of('tu.forceDisable', 'tu.retry', 'tu.remove', 'tu.start'),
  { type: 'network.failed', error },
  { type: 'proxies.resolved', proxies: 2 },
  { type: 'registration.failed', error, failure: { code: 'rejected', status: 420, lacksAgreement: true } },
  ...[503, 500, 403].map(status => failing('registration.failed', status)),
  { type: 'registration.ended', error, again: true },
  { type: 'registration.ended', error, again: true, soon: true },
  { type: 'registration.ended', error, again: false },
]
const loneProfileEvents: AnyEventObject[] = [
  ...profileBasics,
  ...of('tu.forceDisable', 'tu.remove', 'tu.start', 'migration.registered'),
  saving('cosmetic', profileTerms(true, 1, false)()),
  saving('cosmetic', profileTerms(false, 1, false)()),
  { type: 'network.offered', network: 0 },
  ...[503, 500, 403].map(status => failing('registration.failed', status)),
]
const movingProfileEvents: AnyEventObject[] = [
  ...profileBasics,
  ...['tu.allow', 'tu.disallow'].map(type => using(type)),
  ...['tu.enable', 'tu.disable', 'tu.allow'].map(type => using(type, 'use.2')),
  ...of('tu.remove', 'migration.registered'),
  { type: 'network.offered', network: 0 },
  failing('registration.failed'),
  { type: 'migration.failed', error },
]
const toPublish = (status: number, more: Readonly<Record<string, string>> = {}) =>
  reply(status, { CSeq: '1 PUBLISH', ...more }, 'PUBLISH')
const publicationEvents: AnyEventObject[] = [
  { type: 'transaction.provisional', response: toPublish(100) },
  { type: 'transaction.provisional', response: toPublish(182) },
  { type: 'transaction.success', response: toPublish(200, { 'SIP-ETag': 'a1', Expires: '600' }) },
  { type: 'transaction.success', response: toPublish(200, { Expires: '600' }) },
  { type: 'transaction.failure', response: toPublish(403) },
  { type: 'transaction.failure', response: toPublish(412) },
  { type: 'transaction.failure', response: toPublish(423, { 'Min-Expires': '1200' }) },
  { type: 'transaction.failed', error },
  { type: 'tu.update', content: true },
  { type: 'tu.update', content: false },
  ...of('tu.remove', 'refresh.due', 'turn.go'),
]
const flowEvents: AnyEventObject[] = [
  ...registrationEvents,
  { type: 'flow.died', steady: true },
  // Doubles the states: not where they are many.
  { type: 'flow.accompanied', up: true },
  ...of('flow.recovered', 'network.changed'),
]
const recoveryEvents: AnyEventObject[] = [
  ...registrationBasics.filter(({ type }) => type !== 'transaction.failure'),
  { type: 'transaction.success', response: registered(600, { 'Service-Route': '<sip:192.0.2.30>' }) },
  refusedRegister(439),
  refusedRegister(503, { 'Retry-After': '5' }),
  { type: 'flow.died', steady: true },
  { type: 'flow.died', steady: false },
  ...of('tu.update', 'flow.recovered', 'network.changed'),
]

const keepAliveInput = (by: 'crlf' | 'stun' | 'options', fallsBack: boolean) => () => ({
  by,
  fallsBack,
  least: 24_000,
  most: 29_000,
  seed: 7,
})
const viaOf = (received: string) =>
  reply(200, { Via: `SIP/2.0/UDP a;branch=z9hG4bK1;received=${received};rport=40000` }, 'OPTIONS')
const keepAliveEvents: AnyEventObject[] = [
  { type: 'keep.answered' },
  { type: 'keep.answered', mapped: '192.0.2.1:5060' },
  { type: 'keep.answered', mapped: '192.0.2.1:5061' },
  { type: 'keep.spread', least: 8000, most: 10_000 },
  { type: 'transaction.success', response: viaOf('192.0.2.1') },
  { type: 'transaction.failure', response: reply(404) },
  { type: 'transaction.failed', error },
  ...of('tu.stop', 'flow.closed', 'keep.refused', 'nonsense'),
]

const notify = (state: string, ...body: readonly string[]): AnyEventObject => ({
  type: 'wire.notify',
  transaction: 'z9hG4bK-notify',
  request: make(
    'NOTIFY',
    {
      Event: 'refer',
      'Subscription-State': state,
      'Content-Type': body.length > 0 ? 'message/sipfrag' : undefined,
    },
    body.join(''),
  ),
})
const refer = (status: number, lines: Readonly<Record<string, string>> = {}) =>
  reply(status, { CSeq: '2 REFER', ...lines }, 'REFER')
const referralEvents: AnyEventObject[] = [
  { type: 'transaction.provisional', response: refer(100) },
  { type: 'transaction.success', response: refer(202) },
  { type: 'transaction.success', response: refer(200, { 'Refer-Sub': 'false' }) },
  { type: 'transaction.failure', response: refer(603) },
  { type: 'transaction.failure', response: refer(481) },
  { type: 'transaction.failed', error },
  { type: 'transaction.failed', error: new SipError('timeout', 'no answer') },
  notify('active;expires=60', 'SIP/2.0 180 Ringing'),
  notify('active;expires=60', 'SIP/2.0 200 OK'),
  notify('terminated;reason=noresource', 'SIP/2.0 486 Busy Here'),
  notify('terminated;reason=timeout'),
  notify('active', 'nonsense'),
  { type: 'dialog.ended' },
]
const told = (state: string, left?: number): AnyEventObject => ({
  type: 'wire.notify',
  transaction: 'z9hG4bK-notify',
  request: make('NOTIFY', { Event: 'presence', 'Subscription-State': state }),
  ...(left !== undefined && { left }),
})
const toSubscribe = (status: number, lines: Readonly<Record<string, string>> = {}) =>
  reply(status, { CSeq: '2 SUBSCRIBE', ...lines }, 'SUBSCRIBE')
const subscriberEvents: AnyEventObject[] = [
  { type: 'transaction.provisional', response: toSubscribe(100) },
  { type: 'transaction.success', response: toSubscribe(200, { Expires: '600' }) },
  { type: 'transaction.success', response: toSubscribe(200, { Expires: '0' }) },
  { type: 'transaction.failure', response: toSubscribe(403) },
  { type: 'transaction.failure', response: toSubscribe(423, { 'Min-Expires': '4000' }) },
  { type: 'transaction.failure', response: toSubscribe(481) },
  { type: 'transaction.failure', response: toSubscribe(480, { 'Retry-After': '30' }) },
  { type: 'transaction.failure', response: toSubscribe(503) },
  { type: 'transaction.failed', error },
  { type: 'transaction.failed', error: new SipError('timeout', 'no answer') },
  told('pending;expires=600'),
  told('active;expires=600', 600),
  told('active;expires=520', 600),
  told('terminated;reason=deactivated'),
  { ...told('terminated;reason=deactivated'), steady: true },
  told('terminated;reason=probation;retry-after=30'),
  told('terminated;reason=rejected'),
  told(';;'),
  { type: 'tu.update', expires: 3700 },
  ...of(
    'tu.update',
    'tu.unsubscribe',
    'tu.drop',
    'refresh.due',
    'network.changed',
    'dialog.ended',
    'nonsense',
  ),
]
const subscriberInput = {
  timers: rfc3261,
  requested: 3600,
  refreshes: true,
  maxMinExpires: 86_400,
  maxAttempts: 1,
  seed: 1,
}
const notifierEvents: AnyEventObject[] = [
  { type: 'transaction.provisional', response: reply(100, { CSeq: '2 NOTIFY' }, 'NOTIFY') },
  { type: 'transaction.success', response: reply(200, { CSeq: '2 NOTIFY' }, 'NOTIFY') },
  { type: 'transaction.failure', response: reply(481, { CSeq: '2 NOTIFY' }, 'NOTIFY') },
  { type: 'transaction.failed', error },
  { type: 'tu.accept' },
  { type: 'tu.reject', status: 603 },
  { type: 'tu.report', status: 180, reason: 'Ringing' },
  { type: 'tu.report', status: 200, reason: 'OK' },
  { type: 'dialog.ended' },
]
const subscribe = (lines: Readonly<Record<string, string>>) => ({
  type: 'wire.subscribe',
  transaction: 'server.subscribe',
  request: make('SUBSCRIBE', { Event: 'presence', ...lines }),
})
const acceptance = (standing: string, expires: number) => ({
  type: 'tu.accept',
  standing,
  expires,
  longest: 3600,
  content: { contentType: 'text/plain', body: 'one' },
})
const subscriptionEvents: AnyEventObject[] = [
  { type: 'transaction.provisional', response: reply(100, { CSeq: '2 NOTIFY' }, 'NOTIFY') },
  { type: 'transaction.success', response: reply(200, { CSeq: '2 NOTIFY' }, 'NOTIFY') },
  { type: 'transaction.failure', response: reply(404, { CSeq: '2 NOTIFY' }, 'NOTIFY') },
  { type: 'transaction.failure', response: reply(481, { CSeq: '2 NOTIFY' }, 'NOTIFY') },
  { type: 'transaction.failure', response: reply(503, { CSeq: '2 NOTIFY', 'Retry-After': '5' }, 'NOTIFY') },
  { type: 'transaction.failed', error },
  acceptance('active', 600),
  acceptance('pending', 600),
  acceptance('active', 0),
  { type: 'tu.reject', status: 403 },
  { type: 'tu.notify', content: { contentType: 'text/plain', body: 'two' } },
  { type: 'tu.notify', activate: true },
  { type: 'tu.terminate', reason: 'probation', retryAfter: 60 },
  subscribe({ Expires: '300' }),
  subscribe({ Expires: '0' }),
  subscribe({ Expires: '5' }),
  { type: 'dialog.ended' },
]

const described = (...types: readonly string[]): AnyEventObject[] =>
  types.map(type => ({ type, sdp: sdp('192.0.2.1') }))

/** Our own machines. */
const sip: Readonly<Record<string, Omit<Subject, 'machine'>>> = {
  inviteServer: { input: serverInput(false), events: serverEvents('tu.success', 'tu.final') },
  'inviteServer:reliable': { input: serverInput(true), events: serverEvents('tu.success', 'tu.final') },
  nonInviteServer: { input: serverInput(false), events: serverEvents('tu.final') },
  'nonInviteServer:reliable': { input: serverInput(true), events: serverEvents('tu.final') },
  inviteClient: { input: clientInput(false), events: clientEvents },
  'inviteClient:reliable': { input: clientInput(true), events: clientEvents },
  nonInviteClient: { input: clientInput(false, 'OPTIONS'), events: clientEvents },
  'nonInviteClient:reliable': { input: clientInput(true, 'OPTIONS'), events: clientEvents },
  clientRequest: {
    input: owner => ({ owner, method: 'INVITE', timers: rfc3261, answersChallenges: true, silence: 4000 }),
    events: requestEvents,
  },
  'clientRequest:options': {
    input: owner => ({ owner, method: 'OPTIONS', timers: rfc3261, answersChallenges: false, silence: 0 }),
    events: requestEvents,
  },
  securityAgreement: { input: () => ({ mechanisms: ['digest'], required: true }), events: securityEvents },
  'securityAgreement:supported': {
    input: () => ({ mechanisms: ['digest', 'tls'], required: false }),
    events: securityEvents,
  },
  clientResolver: {
    input: () => resolving({ client: 'one', attached: false }),
    events: of('client.ready', 'launch.failed', 'tu.cancel', 'nonsense'),
  },
  'clientResolver:runs': {
    input: () => resolving({ client: 'one', attached: true }, { client: 'two', attached: true }),
    events: of('client.ready', 'launch.failed', 'tu.cancel'),
  },
  'clientResolver:owned': {
    input: () => ({ ...resolving({ client: 'one', attached: true }), owner: 'one' }),
    events: of('client.ready'),
  },
  'clientResolver:meant': {
    input: () =>
      resolving(
        { client: 'one', attached: true, verdicts: { acceptContact: true } },
        { client: 'two', attached: true },
      ),
    events: of('client.ready'),
  },
  'clientResolver:event': {
    input: () =>
      resolving(
        { client: 'one', attached: false, verdicts: { event: true } },
        { client: 'two', attached: true },
      ),
    events: of('client.ready', 'launch.failed', 'tu.cancel'),
  },
  'clientResolver:noEvent': {
    input: () => resolving({ client: 'one', attached: true, capabilities: { events: ['other'] } }),
    events: of('client.ready'),
  },
  'clientResolver:noMethod': {
    input: () => resolving({ client: 'one', attached: true, capabilities: { methods: ['MESSAGE'] } }),
    events: of('client.ready'),
  },
  'clientResolver:nobodyMeant': {
    input: () => resolving({ client: 'one', attached: true, capabilities: { features: ['video'] } }),
    events: of('client.ready'),
  },
  'clientResolver:nobody': {
    input: () => resolving(),
    events: of('client.ready'),
  },
  standAlone: {
    input: () => undefined,
    events: [
      ...transactionEvents,
      { type: 'transaction.failed', error: new SipError('timeout', 'no answer') },
    ],
  },
  dialog: {
    input: () => ({ record: uacDialog(invite, r180), confirmed: false }),
    events: [
      inDialog('INFO', 1),
      inDialog('INFO', 7),
      inDialog('INVITE', 9),
      inDialog('BYE', 8),
      { type: 'wire.ack', request: make('ACK') },
      { type: 'transaction.ack', request: make('ACK') },
      { type: 'dialog.accepted', request: make('INVITE', { CSeq: '9 INVITE' }) },
      { type: 'dialog.confirmed', record },
      { type: 'dialog.confirmed', record: uacDialog(invite, r180) },
      { type: 'dialog.refreshed', record: { ...record, remoteTarget: 'sip:bob@192.0.2.99' } },
      { type: 'dialog.refreshed', record: uacDialog(invite, r180) },
      ...of('dialog.ended', 'nonsense'),
    ],
  },
  'dialog:confirmed': {
    input: () => ({ record, confirmed: true }),
    events: [
      inDialog('INFO', 1),
      inDialog('INFO', 7),
      inDialog('BYE', 8),
      { type: 'dialog.refreshed', record },
      ...of('dialog.ended'),
    ],
  },
  outgoingChange: { input: changeInput(true, false), events: changeEvents },
  'outgoingChange:offerless': { input: changeInput(false, true), events: changeEvents },
  incomingChange: { input: () => situation(), events: peerChangeEvents },
  'incomingChange:update': { input: () => situation({ method: 'UPDATE' }), events: peerChangeEvents },
  'incomingChange:glare': { input: () => situation({ ourInvite: true }), events: peerChangeEvents },
  'incomingChange:repeated': { input: () => situation({ unchanged: true }), events: peerChangeEvents },
  'incomingChange:empty': {
    input: () => situation({ method: 'UPDATE', body: 'none' }),
    events: peerChangeEvents,
  },
  sessionTimer: {
    input: () => ({ grant: { interval: 90, refresher: 'local' } }),
    events: [
      granted(90, 'local'),
      granted(1800, 'remote'),
      ...of('refresh.failed', 'timer.stopped', 'dialog.ended', 'nonsense'),
    ],
  },
  incomingCall: { input: callInput(true), events: callEvents },
  outgoingCall: { input: callInput(true), events: callEvents },
  'outgoingCall:branches': { input: callInput(true, branchesOn), events: callEvents },
  'outgoingCall:branches, own ACK': { input: callInput(false, branchesOn), events: callEvents },
  surfacedCall: { input: callInput(true, { ...branchesOn, last: fork }), events: callEvents },
  'surfacedCall:own ACK': { input: callInput(false, { ...branchesOn, last: fork }), events: callEvents },
  'surfacedCall:without branches': { input: callInput(false, { last: fork }), events: callEvents },
  inviteExpiry: { input: owner => ({ owner, seconds: 60 }), events: of('tu.stop', 'nonsense') },
  reliableProvisional: {
    input: owner => ({ owner, timers: rfc3261, rseq: 7 }),
    events: [
      { type: 'tu.provisional', response: withSdp },
      { type: 'tu.provisional', response: plain },
      prack('7 1 INVITE'),
      prack('8 1 INVITE'),
      prack('9 1 INVITE', 3),
      ...of('tu.answered', 'tu.stop', 'nonsense'),
    ],
  },
  reliableReceipt: {
    input: () => ({ autoPrack: true }),
    events: [
      { type: 'wire.reliable', response: r183, rseq: 7, offer: false },
      { type: 'wire.reliable', response: r183, rseq: 8, offer: true },
      { type: 'tu.prack' },
      { type: 'tu.prack', body: 'v=0' },
      { type: 'transaction.success', response: reply(200, { CSeq: '2 PRACK' }, 'PRACK') },
      { type: 'transaction.failure', response: reply(481, { CSeq: '2 PRACK' }, 'PRACK') },
      { type: 'transaction.failed', error },
      ...of('tu.stop', 'nonsense'),
    ],
  },
  'outgoingCall:own ACK': { input: callInput(false), events: callEvents },
  // The offer of media is not there yet.
  'outgoingCall:describing': {
    input: () => ({ timers: rfc3261, autoAck: true, describing: true }),
    events: [
      { type: 'transaction.failed', error },
      { type: 'tu.undescribed', error },
      ...of('tu.described', 'tu.cancel', 'tu.hangUp'),
    ],
  },
  offerAnswer: {
    input: () => undefined,
    events: [
      ...described('offer.sent', 'offer.received', 'answer.sent', 'answer.received', 'answer.previewed'),
      { type: 'answer.received', sdp: sdp('192.0.2.2').replace('m=audio', 'm=video') },
      { type: 'answer.sent', sdp: 'nonsense' },
      ...of('exchange.withdrawn', 'dialog.ended', 'nonsense'),
    ],
  },
  description: { input: () => ({ timers: rfc3261 }), events: of('tu.described', 'nonsense') },
  line: {
    input: () => undefined,
    events: [
      ...of('tu.start', 'profile.registering', 'profile.registered', 'profile.released', 'sessions.gone'),
      ...['tu.stop', 'tu.close'].map(type => ({ type, sessions: ['call.1'] })),
      ...['profile.waiting', 'profile.dropped'].map(type => ({ type, error })),
      ...of('nonsense'),
    ],
  },
  referral: { input: () => ({ timers: rfc3261 }), events: referralEvents },
  subscription: { input: () => subscriberInput, events: subscriberEvents },
  'subscription:fetch': {
    input: () => ({ ...subscriberInput, requested: 0, refreshes: false }),
    events: subscriberEvents,
  },
  'subscription:fork': {
    input: () => ({ ...subscriberInput, notified: true }),
    events: subscriberEvents,
  },
  referralNotifier: {
    input: () => ({ timers: rfc3261, subscription: true, expires: 300 }),
    events: notifierEvents,
  },
  'referralNotifier:no subscription': {
    input: () => ({ timers: rfc3261, subscription: false, expires: 300 }),
    events: notifierEvents,
  },
  notifier: { input: () => ({ timers: rfc3261, least: 60 }), events: subscriptionEvents },
  profile: { input: profileTerms(false, 1, true), events: profileEvents },
  'profile:by itself': { input: profileTerms(true, 1, false), events: loneProfileEvents },
  'profile:networks': { input: profileTerms(false, 2, false), events: movingProfileEvents },
  registration: { input: registrationInput(true, false), events: registrationEvents },
  'registration:recovering': { input: registrationInput(true, true), events: recoveryEvents },
  'registration:not renewed': { input: registrationInput(false, false), events: flowEvents },
  publication: {
    input: () => ({ requested: 600, maxMinExpires: 7200, refreshes: true }),
    events: publicationEvents,
  },
  'publication:not renewed': {
    input: () => ({ requested: 600, maxMinExpires: 7200, refreshes: false }),
    events: publicationEvents,
  },
  pagerMessage: { input: () => undefined, events: [...transactionEvents, ...of('turn.go')] },
  repeatedRequest: {
    input: () => ({ requested: 600 }),
    events: [
      ...transactionEvents,
      { type: 'transaction.success', response: reply(200, { Expires: '0' }) },
      ...of('refresh.due', 'tu.update', 'tu.terminate'),
    ],
  },
  refresh: {
    input: owner => ({ owner }),
    events: [
      { type: 'refresh.granted', expires: 600 },
      { type: 'refresh.granted', expires: 20 },
      { type: 'tu.interval', seconds: 5 },
      ...of('refresh.stop', 'nonsense'),
    ],
  },
  flow: {
    input: () => ({ stream: true, open: false, idleLimit: 120_000, messageLimit: 32_000 }),
    events: [
      { type: 'flow.received', partial: true },
      { type: 'flow.received', partial: false },
      { type: 'flow.closed', error },
      { type: 'flow.died', error },
      ...of('flow.opened', 'flow.sent', 'flow.closed', 'tu.close'),
    ],
  },
  'flow:accepted': {
    input: () => ({ stream: true, open: true, idleLimit: 120_000, messageLimit: 32_000 }),
    events: [{ type: 'flow.received', partial: true }, ...of('flow.sent', 'flow.closed', 'tu.close')],
  },
  'flow:bound': {
    input: () => ({ stream: false, open: true, idleLimit: 120_000, messageLimit: 32_000 }),
    events: [{ type: 'flow.received', partial: false }, ...of('flow.sent', 'flow.closed', 'tu.close')],
  },
  keepAlive: { input: keepAliveInput('crlf', true), events: keepAliveEvents },
  'keepAlive:stun': { input: keepAliveInput('stun', false), events: keepAliveEvents },
  'keepAlive:options': { input: keepAliveInput('options', false), events: keepAliveEvents },
  networkMonitor: {
    input: owner => ({ owner, recovery: defaultRecovery }),
    events: [
      { type: 'network.seen', address: '192.0.2.1' },
      { type: 'network.seen', address: '192.0.2.9' },
      { type: 'binding.failed', error },
      ...of(
        'network.held',
        'network.absent',
        'network.unaddressed',
        'network.removed',
        'binding.done',
        'tu.refresh',
      ),
    ],
  },
  connection: {
    input: () => ({ timers: rfc3261 }),
    events: [
      { type: 'transport.failed', error },
      { type: 'wire.request', request: invite, origin: 'flow-1' },
      { type: 'tu.command', command: { type: 'register' } },
      { type: 'network.down', error },
      { type: 'network.gone', error },
      { type: 'xstate.done.actor.call-1', actorId: 'call-1' },
      { type: 'xstate.error.actor.call-2', actorId: 'call-2', error },
      ...of(
        'transport.bound',
        'transport.moved',
        'tu.close',
        'tu.refresh',
        'network.up',
        'network.suspended',
        'network.moved',
        'children.gone',
        'children.fewer',
      ),
    ],
  },
}

/** The machines of test/support, which use every construct. */
export const constructs: Readonly<Record<string, Subject>> = {
  everything: { machine: everything, input: owner => ({ owner }), events: everythingEvents },
  'everything:delays': {
    machine: everything,
    input: owner => ({ owner }),
    events: of('REMIND', 'REMIND', 'DELAYED', 'SOON', 'NAMED', 'CANCEL', 'UP', 'END'),
  },
  parallel: { machine: parallel, input: () => undefined, events: parallelEvents },
  stillborn: { machine: stillborn, input: () => undefined, events: [] },
}

/** Only for live actors: these need a system around them. */
export const liveOnly: Readonly<Record<string, Subject>> = {
  spawner: { machine: spawner, input: () => undefined, events: spawnerEvents },
}

/** The machines of `machines/`. */
export const subjects: Readonly<Record<string, Subject>> = Object.fromEntries(
  Object.entries(sip).flatMap(([name, subject]) => {
    const machine = ourMachines[name.split(':')[0]!]
    return machine === undefined ? [] : [[name, { ...subject, machine: quiet(machine) }]]
  }),
)

/** The name of a machine of ours that has no subject; a test demands that there is none. */
export const missing = (): string[] => Object.keys(ourMachines).filter(name => !(name in sip))
