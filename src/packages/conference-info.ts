/** A conference and who is in it: `application/conference-info+xml`. RFC 4575 §5. */
import type { Malformed } from '../message/types.ts'
import { present } from './present.ts'
import { all, first, needed, numberOf, oneOf, readDocument, type XmlElement } from './xml.ts'

/** Whether a part comes whole, with what has changed, or is gone. */
export type PartState = 'full' | 'partial' | 'deleted'

/** A URI of a conference, with what it is for. */
export interface ConferenceUri {
  readonly uri: string
  readonly displayText?: string
  readonly purpose?: string
}

/** What a conference is. */
export interface ConferenceDescription {
  readonly displayText?: string
  readonly subject?: string
  readonly freeText?: string
  readonly keywords?: string
  readonly confUris?: readonly ConferenceUri[]
  readonly serviceUris?: readonly ConferenceUri[]
  readonly maximumUserCount?: number
}

/** How a conference stands. */
export interface ConferenceStatus {
  readonly userCount?: number
  readonly active?: boolean
  readonly locked?: boolean
}

/** A medium of an endpoint. */
export interface ConferenceMedia {
  readonly id: string
  readonly displayText?: string
  /** `audio`, `video` … */
  readonly type?: string
  readonly label?: string
  readonly srcId?: string
  /** Direction as the endpoint has it: `sendrecv`, `sendonly`, `recvonly`, `inactive`. */
  readonly status?: string
}

/** When, why and by whom somebody was brought in or taken out. */
export interface ConferenceExecution {
  readonly when?: string
  readonly reason?: string
  readonly by?: string
}

/** One way by which a user takes part. */
export interface ConferenceEndpoint {
  readonly entity: string
  readonly state: PartState
  readonly displayText?: string
  readonly referred?: ConferenceExecution
  /** `connected`, `disconnected`, `on-hold`, `muted-via-focus`, `pending`, `alerting`, `dialing-in`, `dialing-out`, `disconnecting`. */
  readonly status?: string
  readonly joiningMethod?: string
  readonly joiningInfo?: ConferenceExecution
  readonly disconnectionMethod?: string
  readonly disconnectionInfo?: ConferenceExecution
  readonly media: readonly ConferenceMedia[]
}

/** Somebody who takes part. */
export interface ConferenceUser {
  /** A URI. */
  readonly entity: string
  readonly state: PartState
  readonly displayText?: string
  readonly associatedAors?: readonly string[]
  readonly roles?: readonly string[]
  readonly languages?: string
  readonly cascadedFocus?: string
  readonly endpoints: readonly ConferenceEndpoint[]
}

/** The body of a NOTIFY of `conference`. */
export interface ConferenceInfoDocument {
  /** The conference, a URI. */
  readonly entity: string
  readonly version: number
  /** `deleted`: the conference is over. */
  readonly state: PartState
  readonly description?: ConferenceDescription
  readonly hostInfo?: {
    readonly displayText?: string
    readonly webPage?: string
    readonly uris?: readonly ConferenceUri[]
  }
  readonly status?: ConferenceStatus
  readonly users: readonly ConferenceUser[]
  /** In a partial document: false, when its list of users is whole by itself and replaces the one before. */
  readonly usersPartial?: boolean
}

/** Media type of the body. */
export const conferenceInfoType = 'application/conference-info+xml'
/** Namespace of its elements. */
export const conferenceNamespace = 'urn:ietf:params:xml:ns:conference-info'

const textOf = (element: XmlElement, name: string): string | undefined => first(element, name)?.text

const flagOf = (text: string | undefined): boolean | undefined =>
  text === undefined ? undefined : text === 'true' || text === '1'

/** Absent means the whole. §5.2 */
const stateOf = (element: XmlElement): PartState =>
  oneOf(element.attributes.get('state'), ['full', 'partial', 'deleted']) ?? 'full'

const urisOf = (list: XmlElement | undefined): readonly ConferenceUri[] | undefined =>
  list &&
  all(list, 'entry').map(entry =>
    present({
      uri: textOf(entry, 'uri') ?? '',
      displayText: textOf(entry, 'display-text'),
      purpose: textOf(entry, 'purpose'),
    }),
  )

const executionOf = (element: XmlElement | undefined): ConferenceExecution | undefined =>
  element &&
  present({ when: textOf(element, 'when'), reason: textOf(element, 'reason'), by: textOf(element, 'by') })

const mediaOf = (element: XmlElement): ConferenceMedia =>
  present({
    id: needed(element, 'id'),
    displayText: textOf(element, 'display-text'),
    type: textOf(element, 'type'),
    label: textOf(element, 'label'),
    srcId: textOf(element, 'src-id'),
    status: textOf(element, 'status'),
  })

const endpointOf = (element: XmlElement): ConferenceEndpoint =>
  present({
    entity: needed(element, 'entity'),
    state: stateOf(element),
    displayText: textOf(element, 'display-text'),
    referred: executionOf(first(element, 'referred')),
    status: textOf(element, 'status'),
    joiningMethod: textOf(element, 'joining-method'),
    joiningInfo: executionOf(first(element, 'joining-info')),
    disconnectionMethod: textOf(element, 'disconnection-method'),
    disconnectionInfo: executionOf(first(element, 'disconnection-info')),
    media: all(element, 'media').map(mediaOf),
  })

const listOf = (element: XmlElement | undefined): readonly string[] | undefined =>
  element?.children.map(entry => textOf(entry, 'uri') ?? entry.text)

const userOf = (element: XmlElement): ConferenceUser =>
  present({
    entity: needed(element, 'entity'),
    state: stateOf(element),
    displayText: textOf(element, 'display-text'),
    associatedAors: listOf(first(element, 'associated-aors')),
    roles: listOf(first(element, 'roles')),
    languages: textOf(element, 'languages'),
    cascadedFocus: textOf(element, 'cascaded-focus'),
    endpoints: all(element, 'endpoint').map(endpointOf),
  })

const descriptionOf = (element: XmlElement | undefined): ConferenceDescription | undefined =>
  element &&
  present({
    displayText: textOf(element, 'display-text'),
    subject: textOf(element, 'subject'),
    freeText: textOf(element, 'free-text'),
    keywords: textOf(element, 'keywords'),
    confUris: urisOf(first(element, 'conf-uris')),
    serviceUris: urisOf(first(element, 'service-uris')),
    maximumUserCount: numberOf(textOf(element, 'maximum-user-count')),
  })

const statusOf = (element: XmlElement | undefined): ConferenceStatus | undefined =>
  element &&
  present({
    userCount: numberOf(textOf(element, 'user-count')),
    active: flagOf(textOf(element, 'active')),
    locked: flagOf(textOf(element, 'locked')),
  })

/** Reads such a body; a `Malformed` when it is none. The first version is taken for granted when none is written. */
export const parseConferenceInfo = (body: string | Uint8Array): ConferenceInfoDocument | Malformed =>
  readDocument(body, 'conference-info', conferenceNamespace, root => {
    const users = first(root, 'users')
    const host = first(root, 'host-info')
    const state = stateOf(root)
    return present({
      entity: needed(root, 'entity'),
      version: numberOf(root.attributes.get('version')) ?? 0,
      state,
      description: descriptionOf(first(root, 'conference-description')),
      hostInfo:
        host &&
        present({
          displayText: textOf(host, 'display-text'),
          webPage: textOf(host, 'web-page'),
          uris: urisOf(first(host, 'uris')),
        }),
      status: statusOf(first(root, 'conference-state')),
      users: users ? all(users, 'user').map(userOf) : [],
      usersPartial: state === 'partial' ? !users || stateOf(users) === 'partial' : undefined,
    })
  })
