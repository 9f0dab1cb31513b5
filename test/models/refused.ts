/** What a subscription may be at while its SUBSCRIBE is at one point. */
const subscribed = [
  'notice.notifyWait.answered live.life.unknown',
  'notice.notifyWait.answered live.life.running',
  'notice.pending live.life.running',
  'notice.active live.life.running',
]
const besides = (request: string, others: readonly string[], events: string) =>
  Object.fromEntries(others.map(other => [`live.request.${request} live.${other}`, events]))

/**
 * What each state refuses, of the events that its machine knows: a transition that is forgotten, or one too many, shows
 * here. States and events are separated by spaces.
 */
export const refused: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  inviteServer: {
    // Nothing was sent yet that could be repeated.
    'proceeding.silent': 'wire.ack wire.request',
    'proceeding.hundred': 'wire.ack',
    'proceeding.answered': 'wire.ack',
    'completed.repeating': 'tu.final tu.provisional tu.success',
    'completed.silent': 'tu.final tu.provisional tu.success',
    confirmed: 'tu.final tu.provisional tu.success wire.ack wire.request',
    // RFC 6026 §7.1: the INVITE is known, and the call repeats its 2xx.
    accepted: 'tu.final tu.provisional wire.request',
  },
  nonInviteServer: {
    'unanswered.trying': 'wire.request',
    completed: 'tu.final tu.provisional',
  },
  clientResolver: {},
  inviteClient: {
    completed: 'tu.abandon wire.provisional wire.success',
    // Nothing is sent here: a failing transport is the concern of others.
    accepted: 'tu.abandon wire.error wire.failure wire.provisional',
  },
  nonInviteClient: {
    completed: 'tu.abandon wire.error wire.failure wire.provisional wire.success',
  },
  clientRequest: {
    locating:
      'answer.good answer.refused credentials.given credentials.refused flow.failed flow.opening flow.ready interval.kept interval.raised transaction.completed transaction.failed transaction.failure transaction.provisional transaction.success',
    'connecting.reaching':
      'answer.good answer.refused credentials.given credentials.refused interval.kept interval.raised resolver.failed resolver.located transaction.completed transaction.failed transaction.failure transaction.provisional transaction.success',
    'connecting.opening':
      'answer.good answer.refused credentials.given credentials.refused flow.opening interval.kept interval.raised resolver.failed resolver.located transaction.completed transaction.failed transaction.failure transaction.provisional transaction.success',
    'sent.waiting':
      'answer.good answer.refused credentials.given credentials.refused flow.failed flow.opening flow.ready interval.kept interval.raised resolver.failed resolver.located transaction.completed',
    'sent.hurried':
      'answer.good answer.refused credentials.given credentials.refused flow.failed flow.opening flow.ready interval.kept interval.raised resolver.failed resolver.located transaction.completed',
    'sent.proceeding':
      'answer.good answer.refused credentials.given credentials.refused flow.failed flow.opening flow.ready interval.kept interval.raised resolver.failed resolver.located transaction.completed',
    authenticating:
      'answer.good answer.refused flow.failed flow.opening flow.ready interval.kept interval.raised resolver.failed resolver.located transaction.completed transaction.failed transaction.failure transaction.provisional transaction.success',
    // Asked of the engine, which answers in the same step.
    raising:
      'answer.good answer.refused credentials.given credentials.refused flow.failed flow.opening flow.ready resolver.failed resolver.located transaction.completed transaction.failed transaction.failure transaction.provisional transaction.success tu.cancel',
    verifying:
      'credentials.given credentials.refused flow.failed flow.opening flow.ready interval.kept interval.raised resolver.failed resolver.located transaction.completed transaction.failed transaction.failure transaction.provisional transaction.success tu.cancel',
    'withdrawing.queued':
      'answer.good answer.refused credentials.given credentials.refused flow.failed flow.opening flow.ready interval.kept interval.raised resolver.failed resolver.located transaction.completed tu.cancel',
    'withdrawing.told':
      'answer.good answer.refused credentials.given credentials.refused flow.failed flow.opening flow.ready interval.kept interval.raised resolver.failed resolver.located transaction.completed transaction.provisional tu.cancel',
    accepted:
      'answer.good answer.refused credentials.given credentials.refused flow.failed flow.opening flow.ready interval.kept interval.raised resolver.failed resolver.located transaction.failure transaction.provisional tu.cancel',
  },
  securityAgreement: {
    // One offer is out already; what was agreed on is kept.
    waiting: 'security.offered',
    agreed: 'security.offered',
  },
  standAlone: {},
  dialog: {
    // An ACK for anything but a 2xx belongs to its transaction.
    early: 'transaction.ack wire.ack',
    confirmed: 'dialog.confirmed',
  },
  outgoingChange: {
    queued:
      'change.overtaken request.sent transaction.completed transaction.failed transaction.failure transaction.success tu.describe',
    describing:
      'change.turn request.sent transaction.completed transaction.failed transaction.failure transaction.success',
    requesting: 'change.overtaken change.turn transaction.completed tu.describe',
    acknowledged: 'change.overtaken change.turn dialog.ended request.sent transaction.failure tu.describe',
    waiting:
      'change.overtaken change.turn request.sent transaction.completed transaction.failed transaction.failure transaction.success tu.describe',
    abandoned: 'change.overtaken change.turn dialog.ended request.sent transaction.completed tu.describe',
    answering:
      'change.overtaken change.turn request.sent transaction.completed transaction.failed transaction.failure transaction.success',
  },
  incomingChange: {
    asked: 'dialog.ack',
    'accepted.waiting': 'tu.accept tu.reject wire.cancel',
  },
  sessionTimer: {
    'running.holding': 'refresh.failed',
    'running.waiting': 'refresh.failed',
    'running.retrying': 'refresh.failed',
  },
  incomingCall: {
    incoming: 'dialog.ack session.lost transaction.ack transaction.failure transaction.success tu.hangUp',
    ringing: 'dialog.ack session.lost transaction.ack transaction.failure transaction.success tu.hangUp',
    // RFC 6026 §7.1: one lost 2xx is no reason to end, it is repeated.
    'accepted.waiting':
      'invite.expired provisional.held provisional.lost session.lost transaction.failed transaction.failure transaction.success tu.accept tu.provisional tu.reject',
    confirmed:
      'dialog.ack invite.expired provisional.held provisional.lost transaction.ack transaction.failed transaction.failure transaction.success tu.accept tu.provisional tu.reject',
    'accepted.leaving':
      'invite.expired provisional.held provisional.lost session.lost transaction.failed transaction.failure transaction.success tu.accept tu.hangUp tu.provisional tu.reject',
    terminating:
      'dialog.ack invite.expired provisional.held provisional.lost session.lost transaction.ack tu.accept tu.hangUp tu.provisional tu.reject wire.cancel',
    answering:
      'dialog.ack session.lost transaction.ack transaction.failure transaction.success tu.accept tu.provisional tu.reject',
  },
  outgoingCall: {
    // No dialog yet: a request in it is answered 481 before it gets here.
    calling: 'dialog.request session.lost transaction.completed tu.ack tu.described tu.leave tu.undescribed',
    proceeding: 'dialog.request session.lost transaction.completed tu.ack tu.leave',
    early: 'session.lost tu.ack',
    'confirmed.acknowledged':
      'invite.expired transaction.failed transaction.failure transaction.provisional tu.ack tu.cancel tu.leave',
    cancelling: 'invite.expired session.lost tu.ack tu.cancel tu.described tu.hangUp tu.leave tu.undescribed',
    terminated:
      'dialog.request invite.expired session.lost transaction.provisional tu.ack tu.cancel tu.hangUp tu.leave',
    leaving: 'invite.expired session.lost transaction.provisional tu.ack tu.cancel tu.hangUp tu.leave',
    terminating: 'invite.expired session.lost transaction.provisional tu.ack tu.cancel tu.hangUp tu.leave',
    redirecting: 'dialog.request session.lost transaction.completed tu.ack tu.leave',
    'confirmed.unacknowledged':
      'invite.expired transaction.failed transaction.failure transaction.provisional tu.cancel tu.leave',
    describing: 'transaction.failed',
  },
  offerAnswer: {
    none: 'answer.previewed answer.received answer.sent exchange.withdrawn',
    offered: 'answer.sent',
    received: 'answer.previewed answer.received',
    // An exchange is over once: what comes after is repetition.
    stable: 'answer.previewed answer.received answer.sent exchange.withdrawn',
  },
  description: {},
  line: {
    fresh:
      'profile.dropped profile.registered profile.registering profile.released profile.waiting sessions.gone tu.stop',
    starting: 'profile.released sessions.gone tu.start',
    active: 'profile.registered profile.released sessions.gone tu.start',
    // It is no user any more, or about to be none: what becomes of the profile is no business of its own.
    'stopping.sessions':
      'profile.dropped profile.registered profile.registering profile.released profile.waiting tu.start tu.stop',
    'stopping.profile':
      'profile.dropped profile.registered profile.registering profile.waiting sessions.gone tu.start tu.stop',
    stopped:
      'profile.dropped profile.registered profile.registering profile.released profile.waiting sessions.gone tu.stop',
    failed:
      'profile.dropped profile.registered profile.registering profile.released profile.waiting sessions.gone',
  },
  referral: {
    accepted: 'transaction.failed transaction.failure transaction.success',
    // A NOTIFY says more than any answer to the REFER.
    notified: 'transaction.failed transaction.failure transaction.success',
  },
  notifier: {
    asked: 'transaction.failed transaction.failure transaction.success tu.notify tu.terminate wire.subscribe',
    closing: 'tu.accept tu.notify tu.reject tu.terminate',
    concluding: 'tu.accept tu.notify tu.reject tu.terminate',
    'held.standing.active held.notice.behind held.lifetime.running': 'tu.accept tu.reject',
    'held.standing.active held.notice.deferred held.lifetime.running':
      'transaction.failed transaction.failure transaction.success tu.accept tu.reject',
    'held.standing.active held.notice.telling held.lifetime.running': 'tu.accept tu.reject',
    'held.standing.active held.notice.waiting held.lifetime.running':
      'transaction.failed transaction.failure transaction.success tu.accept tu.reject',
    'held.standing.pending held.notice.behind held.lifetime.running': 'tu.accept tu.reject',
    'held.standing.pending held.notice.deferred held.lifetime.running':
      'transaction.failed transaction.failure transaction.success tu.accept tu.reject',
    'held.standing.pending held.notice.telling held.lifetime.running': 'tu.accept tu.reject',
    'held.standing.pending held.notice.waiting held.lifetime.running':
      'transaction.failed transaction.failure transaction.success tu.accept tu.reject',
  },
  // SUBSCRIBE, what NOTIFYs say and the lifetime stand side by side: only the first decides what is refused.
  subscription: {
    ...besides(
      'asking',
      ['notice.notifyWait.unanswered live.life.unknown', ...subscribed],
      'network.changed refresh.due tu.update',
    ),
    ...besides('idle', subscribed, 'transaction.failed transaction.failure transaction.provisional'),
    ...besides(
      'paused',
      subscribed,
      'refresh.due transaction.failed transaction.failure transaction.provisional',
    ),
    'resubscribing.waiting':
      'dialog.ended network.changed refresh.due transaction.failed transaction.failure transaction.provisional transaction.success tu.drop tu.update wire.notify',
    'resubscribing.settling':
      'dialog.ended network.changed refresh.due transaction.provisional tu.drop tu.update wire.notify',
    leaving:
      'network.changed refresh.due transaction.provisional transaction.success tu.unsubscribe tu.update',
    lapsed:
      'network.changed refresh.due transaction.failed transaction.failure transaction.provisional transaction.success tu.drop tu.unsubscribe tu.update',
  },
  referralNotifier: {
    asked: 'transaction.failed transaction.failure transaction.success tu.report',
    'accepted.telling': 'tu.accept tu.reject',
    'accepted.waiting': 'transaction.success tu.accept tu.reject',
    'accepted.closing': 'tu.accept tu.reject tu.report',
    concluding: 'tu.accept tu.reject tu.report',
  },
  surfacedCall: {
    'confirmed.acknowledged': 'transaction.failed transaction.failure tu.ack',
    terminating: 'session.lost tu.ack tu.hangUp',
    'confirmed.unacknowledged': 'transaction.failed transaction.failure',
  },
  inviteExpiry: {},
  reliableProvisional: {
    answered: 'tu.answered tu.provisional',
  },
  reliableReceipt: {
    receiving: 'tu.prack',
    asking: 'wire.reliable',
  },
  profile: {
    delayed:
      'migration.failed migration.registered network.failed network.offered proxies.resolved registration.ended registration.failed registration.registered tu.allow tu.disallow tu.start',
    // One move at a time.
    'registered.migrating': 'network.offered network.up tu.allow tu.start',
    'registered.settled':
      'migration.failed migration.registered network.failed network.up proxies.resolved tu.retry tu.start',
    'registering.asking':
      'migration.failed migration.registered network.failed network.offered network.up proxies.resolved registration.ended tu.allow tu.disallow tu.retry tu.start',
    'registering.resolving':
      'network.failed network.up registration.ended registration.registered tu.retry tu.start',
    // Nothing is under way that it could hear of.
    unregistered:
      'migration.failed migration.registered network.failed network.offered network.up proxies.resolved registration.ended registration.failed registration.gone registration.registered tu.allow tu.disable tu.disallow tu.retry',
    unregistering:
      'migration.failed migration.registered network.failed network.offered network.up proxies.resolved registration.ended registration.failed registration.registered tu.allow tu.disallow tu.retry tu.start',
    waitingForNetwork:
      'migration.failed migration.registered network.offered proxies.resolved registration.ended registration.failed registration.gone registration.registered tu.allow tu.disallow tu.start',
  },
  registration: {
    unregistered:
      'flow.died flow.recovered network.changed pacer.go refresh.due request.sent transaction.failed transaction.failure transaction.provisional transaction.success tu.unregister tu.update',
    'registering.queued':
      'flow.died flow.recovered network.changed refresh.due request.sent transaction.failure transaction.provisional transaction.success tu.register tu.update',
    'registering.asked': 'flow.died flow.recovered pacer.go refresh.due tu.register tu.update',
    'refreshing.queued':
      'flow.died flow.recovered network.changed refresh.due request.sent transaction.failure transaction.provisional transaction.success tu.register tu.update',
    'refreshing.asked': 'flow.died flow.recovered pacer.go refresh.due tu.register tu.update',
    'updating.queued':
      'flow.died flow.recovered network.changed refresh.due request.sent transaction.failure transaction.provisional transaction.success tu.register tu.update',
    'updating.asked': 'flow.died flow.recovered pacer.go refresh.due tu.register tu.update',
    'recovering.queued':
      'flow.died flow.recovered network.changed refresh.due request.sent transaction.failure transaction.provisional transaction.success tu.register tu.update',
    'recovering.asked': 'flow.died flow.recovered pacer.go refresh.due tu.register tu.update',
    'registered.renewed':
      'flow.recovered pacer.go request.sent transaction.failed transaction.failure transaction.provisional transaction.success tu.register',
    'registered.unrenewed':
      'flow.recovered pacer.go request.sent transaction.failed transaction.failure transaction.provisional transaction.success tu.register',
    'recovering.waiting':
      'flow.died pacer.go refresh.due request.sent transaction.failed transaction.failure transaction.success tu.update',
    'unregistering.queued':
      'flow.died flow.recovered network.changed refresh.due request.sent transaction.failure transaction.provisional transaction.success tu.register tu.unregister tu.update',
    'unregistering.asked':
      'flow.died flow.recovered network.changed pacer.go refresh.due request.sent transaction.provisional tu.register tu.unregister tu.update',
    expired:
      'flow.died flow.recovered network.changed pacer.go refresh.due request.sent transaction.failed transaction.failure transaction.provisional transaction.success tu.unregister tu.update',
  },
  publication: {
    'publishing.queued': 'refresh.due transaction.failure transaction.provisional transaction.success',
    'publishing.asked': 'refresh.due turn.go',
    'live.idle': 'transaction.failed transaction.failure transaction.provisional transaction.success turn.go',
    'live.refreshing.queued': 'transaction.failure transaction.provisional transaction.success',
    'live.refreshing.asked': 'turn.go',
    // It is taken back, whatever anybody wants by now.
    'removing.queued':
      'refresh.due transaction.failure transaction.provisional transaction.success tu.remove tu.update',
    'removing.asked': 'refresh.due transaction.provisional tu.remove tu.update turn.go',
  },
  pagerMessage: {
    queued: 'transaction.failure transaction.provisional transaction.success',
    pending: 'turn.go',
  },
  repeatedRequest: {
    asking: 'refresh.due tu.terminate tu.update',
    active: 'transaction.failed transaction.failure transaction.provisional transaction.success',
    repeating: 'refresh.due transaction.provisional tu.update',
  },
  refresh: { inactive: 'tu.interval' },
  flow: {
    opening: 'flow.died flow.received flow.sent',
    // A datagram socket has no peer whose bytes would count.
    bound: 'flow.received flow.sent',
    'open.idle': 'flow.opened',
    'open.receiving': 'flow.opened flow.sent',
  },
  keepAlive: {
    'probing.pinging': 'transaction.failed transaction.failure transaction.success',
    'probing.repeating': 'transaction.failed transaction.failure transaction.success',
    'probing.asking': 'keep.answered',
    // An answer that comes too late, or twice.
    resting: 'keep.answered keep.refused transaction.failed transaction.failure transaction.success',
  },
  networkMonitor: {
    resolving: 'network.absent network.held network.unaddressed tu.refresh',
    active: 'tu.refresh',
    monitoring: 'binding.failed network.absent network.held',
    suspended: 'binding.failed network.held tu.refresh',
    'connecting.probing': 'binding.failed network.absent network.held tu.refresh',
  },
  connection: {
    'init.waiting':
      'children.fewer children.gone network.down network.moved network.suspended transport.bound transport.moved tu.command tu.refresh wire.request',
    'init.binding':
      'children.fewer children.gone network.suspended network.up transport.moved tu.command tu.refresh wire.request',
    active: 'children.fewer children.gone network.up transport.bound tu.refresh',
    // Nothing is taken in and nothing begins while the network is away.
    suspended:
      'children.fewer children.gone network.moved network.suspended transport.bound tu.command tu.refresh wire.request',
    'inactive.waiting':
      'children.fewer children.gone network.down network.moved network.suspended transport.bound transport.failed transport.moved tu.command wire.request',
    'inactive.binding':
      'children.fewer children.gone network.suspended network.up transport.moved tu.command wire.request',
    unavailable:
      'children.fewer children.gone network.down network.gone network.moved network.suspended network.up transport.bound transport.failed transport.moved tu.command tu.refresh wire.request',
    'closing.calls':
      'children.fewer network.moved network.suspended network.up transport.bound transport.failed transport.moved tu.close tu.command tu.refresh',
    'closing.registrations.waiting':
      'network.moved network.suspended network.up transport.bound transport.failed transport.moved tu.close tu.command tu.refresh',
  },
}

/**
 * The states that no timer ends: somebody else must. Each is a place where an actor stays for ever when what it waits
 * for is lost, so each names a promise of the engine: every transaction, request and refresh tells its owner its end.
 */
export const patient: Readonly<Record<string, string>> = {
  inviteServer: 'proceeding.answered proceeding.hundred',
  nonInviteServer: '',
  inviteClient: 'proceeding',
  nonInviteClient: '',
  clientRequest: 'accepted connecting.reaching locating raising sent.waiting verifying withdrawing.queued',
  securityAgreement: 'agreed failed idle waiting',
  clientResolver: '',
  standAlone: 'pending',
  dialog: 'confirmed early',
  outgoingChange: 'queued requesting',
  incomingChange: '',
  sessionTimer: '',
  incomingCall: 'answering confirmed incoming terminating',
  outgoingCall:
    'calling confirmed.acknowledged confirmed.unacknowledged describing early proceeding redirecting terminated terminating',
  offerAnswer: 'none offered received stable',
  description: '',
  line: 'active failed fresh starting stopped stopping.profile stopping.sessions',
  referral: 'sent',
  subscription:
    'live.request.asking+live.notice.notifyWait.unanswered+live.life.unknown resubscribing.settling',
  notifier: 'closing concluding',
  referralNotifier: 'concluding',
  surfacedCall: 'confirmed.acknowledged confirmed.unacknowledged terminating',
  inviteExpiry: '',
  reliableProvisional: '',
  reliableReceipt: 'asking receiving',
  profile: 'registered.settled registering.asking registering.resolving unregistered unregistering',
  registration:
    'expired recovering.asked recovering.queued refreshing.asked refreshing.queued registered.renewed registering.asked registering.queued unregistered unregistering.asked unregistering.queued updating.asked updating.queued',
  publication: 'publishing.asked publishing.queued removing.asked removing.queued',
  pagerMessage: 'pending queued',
  repeatedRequest: 'active asking repeating',
  refresh: 'inactive',
  keepAlive: 'probing.asking',
  flow: 'bound opening',
  networkMonitor: 'active suspended',
  connection: 'active inactive.binding inactive.waiting init.binding init.waiting suspended unavailable',
}
