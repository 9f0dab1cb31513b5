/** The registrations of an address of record: `application/reginfo+xml`. RFC 3680 §5; GRUUs by RFC 5628. */
import type { Malformed } from '../message/types.ts'
import { present } from './present.ts'
import { mergeBy, succeed, type Versioned } from './versions.ts'
import { leaf, type Node, node, writeDocument } from './write-xml.ts'
import {
  all,
  fault,
  first,
  foreign,
  needed,
  numberOf,
  oneNeeded,
  readDocument,
  versionOf,
  type XmlElement,
} from './xml.ts'

/** A Contact of a registration. */
export interface RegisteredContact {
  readonly id: string
  readonly state: 'active' | 'terminated'
  /** What made the state: `registered`, `created`, `refreshed`, `shortened`, `expired`, `deactivated`, `probation`, … */
  readonly event: string
  readonly uri: string
  readonly displayName?: string
  /** Seconds since it is registered. */
  readonly durationRegistered?: number
  /** Seconds it has left. */
  readonly expires?: number
  /** Seconds to wait before registering again. */
  readonly retryAfter?: number
  /** Preference, 0 to 1, as written. */
  readonly q?: string
  readonly callId?: string
  readonly cseq?: number
  /** Further parameters of the Contact. */
  readonly params?: readonly (readonly [name: string, value: string])[]
  /** RFC 5628 */
  readonly publicGruu?: string
  readonly temporaryGruu?: string
  /** CSeq of the first REGISTER that brought this temporary GRUU: those of earlier ones do not work any more. */
  readonly temporaryGruuCseq?: number
}

/** An address of record with its Contacts. */
export interface RegistrationStatus {
  readonly id: string
  readonly aor: string
  readonly state: 'init' | 'active' | 'terminated'
  readonly contacts: readonly RegisteredContact[]
}

/** The body of a NOTIFY of `reg`. */
export interface RegistrationInfoDocument extends Versioned {
  readonly registrations: readonly RegistrationStatus[]
}

/** Media type of the body. */
export const reginfoType = 'application/reginfo+xml'
const namespace = 'urn:ietf:params:xml:ns:reginfo'
const gruuNamespace = 'urn:ietf:params:xml:ns:gruuinfo'

const gruuOf = (contact: XmlElement, name: string): ReadonlyMap<string, string> | undefined =>
  foreign(contact).find(child => child.namespace === gruuNamespace && child.name === name)?.attributes

const contactOf = (element: XmlElement): RegisteredContact => {
  const { attributes } = element
  const params = all(element, 'unknown-param')
  const temporary = gruuOf(element, 'temp-gruu')
  return present({
    id: needed(element, 'id'),
    state: oneNeeded(element, 'state', ['active', 'terminated']),
    event: needed(element, 'event'),
    uri: first(element, 'uri')?.text ?? fault('a contact has no uri'),
    displayName: first(element, 'display-name')?.text,
    durationRegistered: numberOf(attributes.get('duration-registered')),
    expires: numberOf(attributes.get('expires')),
    retryAfter: numberOf(attributes.get('retry-after')),
    q: attributes.get('q'),
    callId: attributes.get('callid'),
    cseq: numberOf(attributes.get('cseq')),
    params: params.length > 0 ? params.map(param => [needed(param, 'name'), param.text] as const) : undefined,
    publicGruu: gruuOf(element, 'pub-gruu')?.get('uri'),
    temporaryGruu: temporary?.get('uri'),
    temporaryGruuCseq: numberOf(temporary?.get('first-cseq')),
  })
}

/** Reads such a body; a `Malformed` when it is none. */
export const parseReginfo = (body: string | Uint8Array): RegistrationInfoDocument | Malformed =>
  readDocument(body, 'reginfo', namespace, root => ({
    version: versionOf(root),
    state: oneNeeded(root, 'state', ['full', 'partial']),
    registrations: all(root, 'registration').map(element => ({
      id: needed(element, 'id'),
      aor: needed(element, 'aor'),
      state: oneNeeded(element, 'state', ['init', 'active', 'terminated']),
      contacts: all(element, 'contact').map(contactOf),
    })),
  }))

/**
 * All registrations once another document has come: an address of record that it names is replaced, since it comes with all its
 * Contacts; what is terminated stays until the next change. `undefined` when a document in between is missing, or nothing whole
 * has come yet: ask for the state anew, by a refresh of the subscription. RFC 3680 §5.1
 */
export const mergeReginfo = (
  held: RegistrationInfoDocument | undefined,
  next: RegistrationInfoDocument,
): RegistrationInfoDocument | undefined =>
  succeed(held, next, (before, changes) => ({
    ...changes,
    state: 'full',
    registrations: mergeBy(
      before.registrations.filter(({ state }) => state !== 'terminated'),
      changes.registrations,
      ({ id }) => id,
      () => false,
    ),
  }))

const contactNode = (contact: RegisteredContact): Node => {
  const { id, state, event, expires, q, cseq, publicGruu, temporaryGruu } = contact
  const gruu = { 'xmlns:gr': gruuNamespace }
  return node(
    'contact',
    {
      id,
      state,
      event,
      'duration-registered': contact.durationRegistered,
      expires,
      'retry-after': contact.retryAfter,
      q,
      callid: contact.callId,
      cseq,
    },
    [
      node('uri', {}, [], contact.uri),
      leaf('display-name', contact.displayName),
      ...(contact.params ?? []).map(([name, value]) => node('unknown-param', { name }, [], value)),
      publicGruu !== undefined && node('gr:pub-gruu', { ...gruu, uri: publicGruu }),
      temporaryGruu !== undefined &&
        node('gr:temp-gruu', { ...gruu, uri: temporaryGruu, 'first-cseq': contact.temporaryGruuCseq }),
    ],
  )
}

/** Writes such a body. Throws `argument` for what XML cannot hold. */
export const formatReginfo = ({ version, state, registrations }: RegistrationInfoDocument): string =>
  writeDocument(
    node(
      'reginfo',
      { xmlns: namespace, version, state },
      registrations.map(one =>
        node('registration', { aor: one.aor, id: one.id, state: one.state }, one.contacts.map(contactNode)),
      ),
    ),
  )
