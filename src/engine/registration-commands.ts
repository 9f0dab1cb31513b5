/** Commands about registrations and refreshes: checked, then handed to the machine they are for. RFC 3261 §10.2. */
import { SipError } from '../errors.ts'
import { checkUserHeaders, reservedInRegister } from '../rules/headers.ts'
import type { RegistrationCommand } from './border/registrations.ts'
import type { Id, RegistrationOptions } from './commands.ts'
import { addressText, nameAddr, sipUri } from './compose.ts'
import type { Handlers } from './dispatch.ts'
import type { Parts } from './effects/kit.ts'
import type { Entry, Kind } from './entries.ts'

/** A lifetime below this is no use. */
const minRequested = 60

const checkContact = (text: string, secure: boolean): void => {
  if (text.trim() === '*') throw new SipError('argument', 'contact may not be *')
  const { uri, params } = nameAddr(text, 'contact')
  if (!('user' in uri) || uri.user === undefined) throw new SipError('argument', 'contact needs a user part')
  if (params.has('expires'))
    throw new SipError('argument', 'the lifetime is given by `expires`, not in contact')
  if (secure && uri.scheme !== 'sips')
    throw new SipError('argument', 'a sips: address of record needs a sips: contact')
}

const checkFurther = (text: string, secure: boolean): void => {
  const { uri, params } = nameAddr(text, 'contacts')
  if (params.has('expires'))
    throw new SipError('argument', 'the lifetime is given by `expires`, not in contacts')
  if (secure && uri.scheme === 'sip')
    throw new SipError('argument', 'a sips: address of record needs sips: contacts')
}

/** Throws for what no REGISTER can be made of. `proxy`: that of the connection. */
export const checkRegistration = (options: RegistrationOptions, proxy?: string): void => {
  const { aor, registrar, from, contact, contacts = [], expires, headers } = options
  const { outboundProxy = proxy, minRequestedExpires = minRequested } = options
  const secure = sipUri(aor, 'aor').scheme === 'sips'
  if (from !== undefined) addressText(from, 'from')
  for (const [what, given] of Object.entries({ registrar, outboundProxy })) {
    if (given === undefined) continue
    if (sipUri(given, what).scheme !== 'sips' && secure)
      throw new SipError('argument', `a sips: address of record needs a sips: ${what}`)
  }
  if (contact !== undefined) checkContact(contact, secure)
  for (const other of contacts) checkFurther(other, secure)
  if (expires !== undefined && !(Number.isInteger(expires) && expires >= minRequestedExpires)) {
    throw new SipError(
      'argument',
      `expires must be a whole number of seconds, at least ${minRequestedExpires}`,
    )
  }
  checkUserHeaders(headers ?? [], reservedInRegister)
}

/** The handlers of all commands but `registration.open`, which needs an active connection. */
export const registrationCommands = (parts: Parts): Handlers => {
  const { runtime } = parts
  const find = <K extends Kind>(id: Id, kind: K): Extract<Entry, { kind: K }> => {
    const entry = runtime.registry.get(id)
    if (entry?.kind !== kind) throw new SipError('resource-not-available', `${id} is closed`)
    return entry as Extract<Entry, { kind: K }>
  }
  const repeated = (id: Id): Extract<Entry, { kind: 'repeated' }> => {
    const { owner } = find(id, 'refresh')
    if (owner?.kind !== 'repeated')
      throw new SipError('invalid-registration-state', 'the refresh belongs to a registration')
    return owner
  }
  const handlers: Required<Pick<Handlers, Exclude<RegistrationCommand['type'], 'registration.open'>>> = {
    'registration.register': ({ id }) => runtime.post(find(id, 'registration'), { type: 'tu.register' }),
    'registration.unregister': ({ id }) => runtime.post(find(id, 'registration'), { type: 'tu.unregister' }),
    'registration.update': ({ id, expires, headers }) => {
      const entry = find(id, 'registration')
      if (headers) {
        checkUserHeaders(headers, reservedInRegister)
        entry.options = { ...entry.options, headers }
      }
      runtime.post(entry, { type: 'tu.update', ...(expires !== undefined && { expires }) })
    },
    'registration.configure': ({ id, outboundProxy, cacheOutboundProxyIp }) => {
      const entry = find(id, 'registration')
      const { outboundProxy: before, ...options } = entry.options
      const proxy = outboundProxy === undefined ? before : (outboundProxy ?? undefined)
      const changed = {
        ...options,
        ...(proxy !== undefined && { outboundProxy: proxy }),
        ...(cacheOutboundProxyIp !== undefined && { cacheOutboundProxyIp }),
      }
      checkRegistration(changed, entry.connection.options.outboundProxy)
      entry.options = changed
    },
    'refresh.interval': ({ id, seconds }) =>
      runtime.post(find(id, 'refresh'), { type: 'tu.interval', seconds }),
    'refresh.update': ({ id, elements }) => parts.repeated.update(repeated(id), elements),
    'refresh.terminate': ({ id }) => runtime.post(repeated(id), { type: 'tu.terminate' }),
  }
  return handlers
}
