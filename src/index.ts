/** `sipactor`: the engine and its API, put together. The composition root: it alone joins the two. */
import { checkSip } from './api/connection-options.ts'
import { type ApiOptions, type Sip, sipOver } from './api/sip.ts'
import { createEngine, type EngineOptions } from './engine/engine.ts'
import type { Platform } from './engine/ports.ts'

/** How to make a `Sip`. */
export interface SipOptions extends ApiOptions, EngineOptions {
  /** All the engine gets from outside: `node()` of `sipactor/node`, or a host of `sipactor/testing`. */
  readonly platform: Platform
}

/**
 * Starts a SIP engine in this process. Nothing is bound and nothing sent before `connect`. Throws `argument` without a
 * platform and for options of the wrong type.
 *
 * @example
 * import { createSip } from 'sipactor'
 * import { node } from 'sipactor/node'
 *
 * const sip = createSip({ platform: node() })
 * const connection = sip.connect()
 * await connection.active()
 */
export const createSip = (options: SipOptions): Sip => {
  const { platform, credentials, akaProvider, timers, media, onCallbackError, scopes, ...engine } =
    checkSip(options)
  const api = {
    ...(credentials && { credentials }),
    ...(akaProvider && { akaProvider }),
    ...(timers && { timers }),
    ...(media && { media }),
    ...(onCallbackError && { onCallbackError }),
    ...(scopes && { scopes }),
  }
  const built = createEngine(platform, akaProvider ? { ...engine, aka: true } : engine)
  const stored = options.profiles ? 'own' : undefined
  return sipOver(built, api, remote => platform.localAddressFor(remote), stored)
}

export { ims, rfc3261, symbian, type TimerConfig, timerPresets } from '../machines/timers.ts'
export type { AkaProvider, AkaQuestion, AkaResult } from './api/aka.ts'
export type { Call } from './api/call/call.ts'
export type {
  AcceptOptions,
  CallEvent,
  EndOptions,
  ProvisionalOptions,
  Reason,
  RejectOptions,
} from './api/call/call-event.ts'
export type { BranchOperation, CallOperation } from './api/call/call-rules.ts'
export type {
  ChangeOperation,
  ChangeOptions,
  Held,
  ReinviteOptions,
  SessionDescriptions,
} from './api/call/change-rules.ts'
export type { Fork } from './api/call/fork.ts'
export type { CallMediaPort } from './api/call/media.ts'
export type { Offer } from './api/call/offer.ts'
export type {
  ReferOptions,
  ReferRequest,
  Referral,
  ReferralOutcome,
  ReferralProgress,
} from './api/call/referral.ts'
export type { SessionTimer } from './api/call/session-timer.ts'
export type { TransferOptions, TransferOutcome } from './api/call/transfer.ts'
export type { Challenge, CredentialProvider } from './api/challenge.ts'
export type { ClientTransaction } from './api/client-transaction.ts'
export type { Connection } from './api/connection.ts'
export type { LocalAddress } from './api/connection-network.ts'
export type { ConnectOptions } from './api/connection-options.ts'
export type { MessageOptions } from './api/connection-publishing.ts'
export type { Contact, ContactsOptions } from './api/contacts.ts'
export type { CredentialCache } from './api/credential-cache.ts'
export type { Dialog } from './api/dialog.ts'
export { getSipMessage, type OwnEvent, ofType, type SipEvent, type SipObject } from './api/events.ts'
export type { RtcEvent, SessionOperation } from './api/events-rtc.ts'
export type { CallbackErrorHandler } from './api/isolated.ts'
export type { Line, LineProgress, LineStage } from './api/line/line.ts'
export type { IncomingLineCall, IncomingParams, LineCall } from './api/line/line-call.ts'
export { type LineEvent, lineEventGroup } from './api/line/line-event.ts'
export type { LineCallOptions, LineOptions, LineSubscribeOptions } from './api/line/line-options.ts'
export type { LineResult, LineSession } from './api/line/line-session.ts'
export type { LineSubscription, LineSubscriptionState } from './api/line/line-subscription.ts'
export type { Live } from './api/live.ts'
export type { Notification, NotificationRefusal } from './api/notification.ts'
export type { Notifier } from './api/notifier.ts'
export type {
  EndReason,
  NotifierAcceptOptions,
  NotifierContent,
  NotifierPublishOptions,
  NotifyOptions,
  TerminateOptions,
} from './api/notifier-options.ts'
export type {
  CredentialsOption,
  InviteOptions,
  Parties,
  RegistrationContext,
  RegistrationOptions,
  RequestOptions,
  RequestParts,
} from './api/options.ts'
export type { EnabledProfile } from './api/profiles/enabled-profile.ts'
export type { Profile } from './api/profiles/profile.ts'
export type { ProfileAdmin, ProfileChanges } from './api/profiles/profile-admin.ts'
export type { ProfilesEvent } from './api/profiles/profile-book.ts'
export type { ProfileNews } from './api/profiles/profile-record.ts'
export type { ProfileFilter, Profiles } from './api/profiles/profiles.ts'
export type { Publication, PublicationChange, PublishOptions } from './api/publication.ts'
export type { IncomingReferral, ReferTarget } from './api/referrals.ts'
export type { Refresh } from './api/refresh.ts'
export type { Registration } from './api/registration.ts'
export {
  type DigestGate,
  type KnownPassword,
  type RequireDigestOptions,
  requireDigest,
} from './api/require-digest.ts'
export { type ResolveOptions, resolveUri } from './api/resolve.ts'
export type { ProfileScope } from './api/scope.ts'
export type { ResponseOptions, ServerTransaction } from './api/server-transaction.ts'
export type { ApiOptions, Sip } from './api/sip.ts'
export type { StaticHeaderOptions } from './api/static-headers.ts'
export type { Subscription, SubscriptionState } from './api/subscription.ts'
export type { SubscribeOptions, SubscriptionRequest, SubscriptionUpdate } from './api/subscription-options.ts'
export type { UnboundRequest } from './api/unbound.ts'
export type { DialogUsage } from './api/usages.ts'
export type { DnsMemory } from './dns/cache.ts'
export { type DnsResolverOptions, dnsResolver } from './dns/resolver.ts'
export type { ProfileHappening } from './engine/border/profiles.ts'
export type {
  KeepAliveMethod,
  KeepAliveOptions,
  RecoverOptions,
  RefreshElements,
} from './engine/border/registrations.ts'
export type {
  ChallengedRealm,
  ConnectionOptions,
  Credentials,
  Id,
  NegotiatedSecurity,
  SecurityAgreementOptions,
} from './engine/commands.ts'
export type { Limits } from './engine/limits.ts'
export type {
  Accept,
  Address,
  AddressRecord,
  Clock,
  Digest,
  Dns,
  DnsAnswer,
  DnsRecord,
  DnsType,
  Flow,
  FlowHandler,
  HashName,
  Listener,
  NaptrRecord,
  NetworkInterface,
  NetworkMonitor,
  NetworkRecovery,
  PlannedTarget,
  Platform,
  Question,
  Random,
  ResolutionPlan,
  ResolutionStep,
  Resolver,
  SocketOptions,
  Source,
  SrvRecord,
  Target,
  Transport,
  TransportName,
} from './engine/ports.ts'
export type { Presence } from './engine/presence.ts'
export type { ProfilesOptions } from './engine/profiles-setup.ts'
export type {
  CallEnd,
  CallState,
  ClientTransactionState,
  ConnectionState,
  DialogState,
  IncomingReferralState,
  LineRefusal,
  LineSessionState,
  LineState,
  NotifierState,
  ObjectState,
  ProfileState,
  PublicationState,
  ReferralState,
  RefreshState,
  RegistrationState,
  ServerTransactionState,
  SessionTimerState,
} from './engine/states.ts'
export type { RecordedFrame } from './engine/tap-step.ts'
export { errorCodes, isSipError, SipError, type SipErrorCode, type SipErrorDetails } from './errors.ts'
export type {
  ActorRecord,
  ActorTimer,
  Frame,
  MalformedFrame,
  MessageFrame,
  RefusedGuard,
  SentEvent,
  StepFrame,
  TimerChange,
} from './inspect/frame.ts'
export type { BodyPart } from './message/multipart.ts'
export type {
  DialogReference,
  HeaderPair,
  Malformed,
  NameAddr,
  SipMessage,
  SipRequest,
  SipResponse,
  Uri,
} from './message/types.ts'
export type {
  ProfileExtension,
  ProfileFields,
  ProfileInput,
  ProfileSecrets,
  ProfileServer,
  ProfileType,
  StoredBinding,
  StoredProfile,
} from './profiles/data.ts'
export type { MovedAside, ProfileStore, StoredProfiles, UnreadableProfile } from './profiles/store.ts'
export {
  type ProfileAgent,
  type ProfileAttempts,
  type ProfileFailure,
  type ProfileRegistering,
  type ProfileRetry,
  registerProfileAgent,
} from './rules/profile-agents.ts'
export type { Direction } from './sdp/direction.ts'
export type { Description, MediaPort, MediaSession, Purpose, SessionInForce } from './sdp/media-port.ts'
export { type PlainMediaOptions, plainMedia } from './sdp/plain-media.ts'
export type { Fault } from './sdp/scan.ts'
export { type Codec, type MediaDescription, parseSdp, type SessionDescription } from './sdp/session.ts'
