/** Reading and taking back the bindings of an address of record, whoever made them. RFC 3261 §10.2.2, §10.2.3. */
import type { OutgoingRequest } from '../engine/commands.ts'
import { formatNameAddr } from '../message/name-addr.ts'
import type { SipResponse } from '../message/types.ts'
import { formatUri } from '../message/uri.ts'
import { readSeconds } from '../rules/expiry.ts'
import { reservedInRegister } from '../rules/headers.ts'
import { bindings } from '../rules/registered.ts'
import { badArgument, checkObject, checkParts, checkSipUri } from './check.ts'
import { type CredentialsOption, credentialList } from './options.ts'

/** One contact of an address of record, as the registrar has it. */
export interface Contact {
  /** Its URI. */
  readonly uri: string
  /** The whole value, as in Contact: name, URI and parameters. */
  readonly text: string
  readonly displayName?: string
  /** Seconds that are left to it, when the registrar says so. */
  readonly expires?: number
  /** Preference, 0 to 1, when there is one. */
  readonly q?: number
  /** Instance and number of its flow. RFC 5626 */
  readonly instanceId?: string
  readonly regId?: number
}

/** Whose bindings, and where they are. */
export interface ContactsOptions {
  /** Address of record, a `sip:` or `sips:` URI. */
  readonly aor: string
  /** Registrar URI; default: the host of the AOR. */
  readonly registrar?: string
  readonly credentials?: CredentialsOption
  readonly headers?: OutgoingRequest['headers'] & object
}

/** A REGISTER that belongs to no registration: without `contact` it only asks. */
export const registerRequest = (options: ContactsOptions, contact?: '*'): OutgoingRequest => {
  const { aor, registrar, credentials, headers = [] } = checkObject(options, 'the options { aor }')
  const uri = checkSipUri(aor, 'the AOR')
  if (!('user' in uri)) throw badArgument('the AOR is not a sip: or sips: URI')
  if (registrar !== undefined) checkSipUri(registrar, 'the registrar')
  checkParts({ headers }, reservedInRegister)
  const { user: _user, password: _password, ...host } = uri
  return {
    method: 'REGISTER',
    uri: registrar ?? formatUri({ ...host, params: new Map() }),
    from: `<${aor}>`,
    to: `<${aor}>`,
    headers: contact === undefined ? headers : [['Expires', '0'], ...headers],
    ...(contact !== undefined && { contact }),
    ...credentialList(credentials),
  }
}

/** What the 2xx says is registered. */
export const contactsOf = (response: SipResponse): readonly Contact[] =>
  bindings(response).map(value => {
    const { uri, displayName, params } = value
    const expires = readSeconds(params.get('expires'))
    const q = params.get('q')
    const instance = params.get('+sip.instance')
    const regId = readSeconds(params.get('reg-id'))
    return {
      uri: formatUri(uri),
      text: formatNameAddr(value),
      ...(displayName !== undefined && { displayName }),
      ...(expires !== undefined && { expires }),
      ...(q !== undefined && { q: Number(q) }),
      ...(instance !== undefined && { instanceId: instance.replace(/^<|>$/g, '') }),
      ...(regId !== undefined && { regId }),
    }
  })
