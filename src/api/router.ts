/** Takes the engine's events to the handles they are about, and makes the handles that the engine began. */
import type { EngineEvent } from '../engine/commands.ts'
import { ownMethods } from '../rules/options.ts'
import { type AkaProvider, answerByAka } from './aka.ts'
import { Call } from './call/call.ts'
import { answerChallenge, Challenge, type CredentialProvider } from './challenge.ts'
import { ClientTransaction } from './client-transaction.ts'
import { Connection } from './connection.ts'
import { Dialog } from './dialog.ts'
import type { SipEvent } from './events.ts'
import { Publication } from './publication.ts'
import { Refresh } from './refresh.ts'
import { Registration } from './registration.ts'
import { onFork } from './router-branches.ts'
import { onUnaskedNotify } from './router-notifications.ts'
import { onNotifier } from './router-notifiers.ts'
import {
  onProfileRegistration,
  type ProfileRouting,
  refusedByLine,
  takenByProfile,
} from './router-profiles.ts'
import { onReferral } from './router-referrals.ts'
import { onSessionTimer } from './router-sessions.ts'
import { onNotification, onSubscriptionFork } from './router-subscriptions.ts'
import { attach, receive, receiveRequest, type Scope } from './scope.ts'
import { ServerTransaction } from './server-transaction.ts'
import { caused, sipEvent } from './sip-event.ts'
import { rtcEvents, rtcRequest } from './sip-event-rtc.ts'
import { Subscription } from './subscription.ts'
import type { UnboundRequests } from './unbound.ts'

/** Of the events made here. */
const source = 'sipactor'

/** What the router needs of the `Sip`. */
export interface RouterOptions {
  readonly scope: Scope
  provider(): CredentialProvider | undefined
  readonly aka: AkaProvider | undefined
  /** Hands a challenge to those who listen; false when nobody does. */
  announce(challenge: Challenge): boolean
  /** Undefined while nobody listens to `events$`. */
  publish(): ((event: SipEvent) => void) | undefined
  readonly unbound: UnboundRequests
  readonly profiles: ProfileRouting
}

type Of<Type extends EngineEvent['type']> = Extract<EngineEvent, { type: Type }>

/** What is left to a peer whose request nobody takes. RFC 3261 §21.4.6 */
const allowed = ({ methods }: Connection, refused: string): string =>
  [...ownMethods, ...methods].filter(method => method !== refused).join(', ')

/** The listener for `EnginePort.onEvent`. */
export const router = ({
  scope,
  provider,
  aka,
  announce,
  publish,
  unbound,
  profiles,
}: RouterOptions): ((event: EngineEvent) => void) => {
  const { handles } = scope

  const onCall = ({ id, connection, registration, request, from, replaces }: Of<'call'>): void => {
    const owner = handles.get(connection)
    if (!(owner instanceof Connection)) return
    const place = replaces === undefined ? undefined : handles.get(replaces)
    const replaced = place instanceof Call ? { replaces: place } : {}
    const call = new Call(scope, id, owner, { direction: 'incoming', request, from, ...replaced })
    handles.set(id, call)
    const taken = takenByProfile(profiles.book, registration, call) || owner[receiveRequest](call)
    if (!taken) scope.attempt(() => call.reject(480))
    publish()?.({ type: 'call', source, call, message: request })
  }

  const onRequest = (event: Of<'request'>): void => {
    const owner = handles.get(event.connection)
    if (!(owner instanceof Connection)) return
    const within = event.dialog === undefined ? undefined : handles.get(event.dialog)
    const dialog = within instanceof Dialog ? within : undefined
    const transaction = new ServerTransaction(scope, event.id, owner, event, dialog)
    handles.set(event.id, transaction)
    const byProfile = !dialog && takenByProfile(profiles.book, event.registration, transaction)
    if (!byProfile && !(dialog ?? owner)[receiveRequest](transaction)) {
      scope.attempt(() => {
        // 480 within a dialog would end its usage at the peer (RFC 5057 §5.1).
        // What no subscription of ours has asked for. RFC 6665 §4.4.1
        if (dialog && transaction.method === 'NOTIFY') transaction.respond(481)
        else if (dialog)
          transaction.respond(405, { headers: [['Allow', allowed(owner, transaction.method)]] })
        else transaction.respond(480)
      })
    }
    const tell = publish()
    if (!tell) return
    tell({ type: 'request', source, transaction, message: event.request })
    const told = rtcRequest(transaction, event.request)
    if (told) tell(told)
  }

  const onDialog = (event: Of<'dialog'>): void => {
    const { id, call, dialog: info } = event
    const owner = handles.get(call)
    if (!(owner instanceof Call)) return
    const dialog = new Dialog(scope, id, owner, info)
    handles.set(id, dialog)
    owner[attach](dialog, info.remoteTag)
    publish()?.({ type: 'dialog', source, dialog, call: owner, ...caused(event) })
  }

  const onTransaction = ({ id, owner, method }: Of<'transaction'>): void => {
    const object = handles.get(owner)
    const sends =
      object instanceof Registration ||
      object instanceof Refresh ||
      object instanceof Publication ||
      object instanceof Subscription
    if (!sends) return
    const transaction = new ClientTransaction(scope, id, method, object.connection)
    handles.set(id, transaction)
    object[attach](transaction)
  }

  const onRefresh = (event: Of<'refresh'>): void => {
    const { id, owner } = event
    const object = handles.get(owner)
    const renewed =
      object instanceof Registration || object instanceof Publication || object instanceof Subscription
    if (!renewed) return
    const refresh = new Refresh(scope, id, object)
    handles.set(id, refresh)
    object[attach](refresh)
    if (object.kind === 'registration')
      publish()?.({ type: 'refresh', source, refresh, registration: object, ...caused(event) })
  }

  const onChallenge = (event: Of<'challenge'>): void => {
    const challenge = new Challenge(scope, event)
    publish()?.({ type: 'challenge', source, challenge, message: event.response })
    if (refusedByLine(scope, profiles.book, challenge, event.object)) return
    const ask = answerByAka(challenge, aka, provider())
    void answerChallenge(challenge, scope, ask, announce)
  }

  const onMalformed = (event: Of<'malformed'>): void => {
    const connection = handles.get(event.connection)
    const { type, malformed, from, answered } = event
    if (!(connection instanceof Connection)) return
    publish()?.({
      type,
      source,
      connection,
      malformed,
      from,
      ...(answered !== undefined && { answered }),
      ...(malformed.message && { message: malformed.message }),
    })
  }

  return event => {
    switch (event.type) {
      case 'call':
        return onCall(event)
      case 'fork':
        return onFork(scope, publish, event)
      case 'request':
        return onRequest(event)
      case 'dialog':
        return onDialog(event)
      case 'notifier':
        return onNotifier(scope, publish, event)
      case 'referral':
        return onReferral(scope, publish, event)
      case 'unaskedNotify':
        return onUnaskedNotify(scope, publish, event)
      case 'notification':
        return onNotification(scope, publish, event)
      case 'subscriptionFork':
        return onSubscriptionFork(scope, event)
      case 'refresh':
        return onRefresh(event)
      case 'transaction':
        return onTransaction(event)
      case 'sessionTimer':
        return onSessionTimer(scope, event, publish())
      case 'challenge':
        return onChallenge(event)
      case 'malformed':
        return onMalformed(event)
      case 'profileConnection':
        return profiles.adopt(event)
      case 'profileRegistration':
        return onProfileRegistration(scope, profiles.book, event)
      case 'profiles':
      case 'profilesFailed':
      case 'profileChanged':
      case 'profileEvent':
      case 'profileDone':
        return void profiles.book[receive](event)
      case 'unbound':
        return unbound.take(event)
      case 'unanswered':
        return unbound.late(event.id)
    }
    const object = handles.get(event.id)
    if (object === undefined) return void profiles.book[receive](event)
    if (event.type === 'closed') handles.delete(event.id)
    object[receive](event)
    const tell = publish()
    const told = tell && sipEvent(event, object)
    if (told) tell(told)
    if (tell) for (const one of rtcEvents(event, object)) tell(one)
  }
}
