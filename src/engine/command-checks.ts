/**
 * What is wrong with a command by itself, whatever the engine's state: the same for the engine and for an application
 * that has its engine in another process, so that misuse throws at once in both.
 */
import type { HeaderPair } from '../message/types.ts'
import { checkProfileFields, checkProfileSecrets } from '../profiles/check.ts'
import { checkEvents } from '../rules/allow-events.ts'
import { checkDialogContact } from '../rules/arguments.ts'
import { checkUserHeaders, reservedInInvite, reservedInRegister } from '../rules/headers.ts'
import { reservedInPublish } from '../rules/publish.ts'
import { isSips } from '../rules/secure.ts'
import { checkStaticHeaders } from '../rules/static-headers.ts'
import { checkToken } from '../rules/text.ts'
import type { Command, Id, OutgoingInvite } from './commands.ts'
import { checkOutgoing, type FirstHop } from './outgoing.ts'
import { checkRegistration } from './registration-commands.ts'
import { checkSubscription } from './subscription-commands.ts'

const checkHeaders = ({ headers }: { readonly headers?: readonly HeaderPair[] }): void => {
  if (headers) checkUserHeaders(headers)
}

const checkInvite = (connection: Id, invite: OutgoingInvite, hopOf: FirstHop): void => {
  checkOutgoing(invite, connection, hopOf)
  checkUserHeaders(invite.headers ?? [], reservedInInvite)
  checkContact(connection, invite, hopOf)
}

/** That of a request that makes a dialog. */
const checkContact = (
  connection: Id,
  { contact, uri, registration }: Pick<OutgoingInvite, 'contact' | 'uri' | 'registration'>,
  hopOf: FirstHop,
): void => {
  if (contact === undefined) return
  checkDialogContact(contact, isSips(uri) || isSips(hopOf(connection, registration) ?? ''))
}

/** Throws `argument` and `header-not-allowed`. `hopOf`: where the requests of a connection go first. */
export const checkArguments = (command: Command, hopOf: FirstHop): void => {
  switch (command.type) {
    case 'request.send':
      checkToken(command.request.method, 'method')
      checkOutgoing(command.request, command.connection, hopOf)
      return checkHeaders(command.request)
    case 'dialog.request':
      checkToken(command.request.method, 'method')
      return checkHeaders(command.request)
    case 'call.invite':
      return checkInvite(command.connection, command.invite, hopOf)
    case 'registration.open':
      return checkRegistration(command.options, hopOf(command.connection, undefined))
    case 'registration.update':
      if (command.headers) checkUserHeaders(command.headers, reservedInRegister)
      return
    case 'referral.send':
      checkOutgoing(command.request, command.connection, hopOf)
      return checkHeaders(command.referral)
    case 'notifier.accept':
      return checkHeaders(command.acceptance)
    case 'notifier.reject':
      return checkHeaders(command.response)
    case 'message.send':
      checkOutgoing(command.message, command.connection, hopOf)
      return checkHeaders(command.message)
    case 'subscription.open':
      checkOutgoing(command.request, command.connection, hopOf)
      checkContact(command.connection, command.request, hopOf)
      return checkSubscription(command.subscription)
    case 'subscription.join':
      return checkSubscription(command.subscription)
    case 'subscription.update':
      return checkHeaders(command.elements)
    case 'profiles.save':
      checkProfileFields(command.fields)
      if (command.secrets) checkProfileSecrets(command.secrets)
      return
    case 'publication.open':
      checkOutgoing(command.publication, command.connection, hopOf)
      checkToken(command.publication.event, 'event')
      checkUserHeaders(command.publication.headers ?? [], reservedInPublish)
      return
    case 'publication.update':
      if (command.headers) checkUserHeaders(command.headers, reservedInPublish)
      return
    case 'referral.open':
      return checkHeaders(command.referral)
    case 'change.open':
      return checkHeaders(command.change)
    case 'transaction.respond':
    case 'call.provisional':
    case 'call.accept':
    case 'call.reject':
    case 'change.accept':
    case 'change.reject':
    case 'referral.reject':
      return checkHeaders(command.response)
    case 'headers.set':
      if (command.headers) checkStaticHeaders(command.headers)
      return
    case 'events.allow':
      if (command.events) checkEvents(command.events)
      return
    case 'call.cancel':
    case 'call.hangUp':
    case 'call.leave':
      return checkHeaders(command)
  }
}
