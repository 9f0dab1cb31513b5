/** A conference, written. RFC 4575 §5. */
import {
  type ConferenceEndpoint,
  type ConferenceExecution,
  type ConferenceInfoDocument,
  type ConferenceUri,
  type ConferenceUser,
  conferenceNamespace,
} from './conference-info.ts'
import { leaf, type Node, node, writeDocument } from './write-xml.ts'

const uris = (name: string, list: readonly ConferenceUri[] | undefined): Node | undefined =>
  list &&
  node(
    name,
    {},
    list.map(({ uri, displayText, purpose }) =>
      node('entry', {}, [leaf('uri', uri), leaf('display-text', displayText), leaf('purpose', purpose)]),
    ),
  )

const execution = (name: string, one: ConferenceExecution | undefined): Node | undefined =>
  one && node(name, {}, [leaf('when', one.when), leaf('reason', one.reason), leaf('by', one.by)])

const endpointNode = (one: ConferenceEndpoint): Node =>
  node('endpoint', { entity: one.entity, state: one.state }, [
    leaf('display-text', one.displayText),
    execution('referred', one.referred),
    leaf('status', one.status),
    leaf('joining-method', one.joiningMethod),
    execution('joining-info', one.joiningInfo),
    leaf('disconnection-method', one.disconnectionMethod),
    execution('disconnection-info', one.disconnectionInfo),
    ...one.media.map(({ id, displayText, type, label, srcId, status }) =>
      node('media', { id }, [
        leaf('display-text', displayText),
        leaf('type', type),
        leaf('label', label),
        leaf('src-id', srcId),
        leaf('status', status),
      ]),
    ),
  ])

const userNode = (user: ConferenceUser): Node =>
  node('user', { entity: user.entity, state: user.state }, [
    leaf('display-text', user.displayText),
    uris(
      'associated-aors',
      user.associatedAors?.map(uri => ({ uri })),
    ),
    user.roles &&
      node(
        'roles',
        {},
        user.roles.map(role => leaf('entry', role)),
      ),
    leaf('languages', user.languages),
    leaf('cascaded-focus', user.cascadedFocus),
    ...user.endpoints.map(endpointNode),
  ])

/** Writes such a body. Throws `argument` for what XML cannot hold. */
export const formatConferenceInfo = (document: ConferenceInfoDocument): string => {
  const { entity, version, state, description, hostInfo, status, users, usersPartial } = document
  const partial = state === 'partial' && usersPartial !== false
  const content = [
    description &&
      node('conference-description', {}, [
        leaf('display-text', description.displayText),
        leaf('subject', description.subject),
        leaf('free-text', description.freeText),
        leaf('keywords', description.keywords),
        uris('conf-uris', description.confUris),
        uris('service-uris', description.serviceUris),
        leaf('maximum-user-count', description.maximumUserCount),
      ]),
    hostInfo &&
      node('host-info', {}, [
        leaf('display-text', hostInfo.displayText),
        leaf('web-page', hostInfo.webPage),
        uris('uris', hostInfo.uris),
      ]),
    status &&
      node('conference-state', {}, [
        leaf('user-count', status.userCount),
        leaf('active', status.active),
        leaf('locked', status.locked),
      ]),
    (users.length > 0 || !partial) &&
      node('users', { state: partial ? 'partial' : 'full' }, users.map(userNode)),
  ]
  return writeDocument(
    node('conference-info', { xmlns: conferenceNamespace, entity, state, version }, content),
  )
}
