/** The dialogs of somebody: `application/dialog-info+xml`. RFC 4235 §4. */
import type { Malformed } from '../message/types.ts'
import { present } from './present.ts'
import { mergeBy, succeed, type Versioned } from './versions.ts'
import { leaf, type Node, node, writeDocument } from './write-xml.ts'
import {
  all,
  fault,
  first,
  needed,
  numberOf,
  oneNeeded,
  oneOf,
  readDocument,
  versionOf,
  type XmlElement,
} from './xml.ts'

/** How far a dialog is. */
export type WatchedDialogState = 'trying' | 'proceeding' | 'early' | 'confirmed' | 'terminated'

/** A party of a watched dialog. */
export interface DialogParty {
  /** Who it is, a URI, with a name for people. */
  readonly identity?: string
  readonly displayName?: string
  /** Where it is reached, a URI. */
  readonly target?: string
  /** What its target can do, such as `+sip.rendering`. RFC 4235 §4.1.6.2 */
  readonly targetParams?: readonly (readonly [name: string, value: string])[]
  readonly sessionDescription?: string
  readonly sessionDescriptionType?: string
  readonly cseq?: number
}

/** What a dialog is named by. */
export interface DialogIds {
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
}

/** One dialog of the one who is watched. */
export interface WatchedDialog {
  readonly id: string
  readonly callId?: string
  readonly localTag?: string
  readonly remoteTag?: string
  /** `initiator`: the one who is watched called. */
  readonly direction?: 'initiator' | 'recipient'
  readonly state: WatchedDialogState
  /** What made the state: `cancelled`, `rejected`, `replaced`, `local-bye`, `remote-bye`, `error`, `timeout`. */
  readonly event?: string
  /** Status of the response that made it. */
  readonly code?: number
  /** Seconds since the dialog began. */
  readonly duration?: number
  readonly replaces?: DialogIds
  readonly referredBy?: string
  readonly routeSet?: readonly string[]
  readonly local?: DialogParty
  readonly remote?: DialogParty
}

/** The body of a NOTIFY of `dialog`. */
export interface DialogInfoDocument extends Versioned {
  /** Whose dialogs, a URI. */
  readonly entity: string
  readonly dialogs: readonly WatchedDialog[]
}

/** Media type of the body. */
export const dialogInfoType = 'application/dialog-info+xml'
const namespace = 'urn:ietf:params:xml:ns:dialog-info'

const states = ['trying', 'proceeding', 'early', 'confirmed', 'terminated'] as const

const partyOf = (element: XmlElement | undefined): DialogParty | undefined => {
  if (!element) return undefined
  const identity = first(element, 'identity')
  const target = first(element, 'target')
  const description = first(element, 'session-description')
  const params = target && all(target, 'param')
  return present({
    identity: identity?.text,
    displayName: identity?.attributes.get('display'),
    target: target?.attributes.get('uri'),
    targetParams:
      params && params.length > 0
        ? params.map(
            param =>
              [
                needed(param, 'pname'),
                param.attributes.get('pval') ?? param.attributes.get('pvalue') ?? '',
              ] as const,
          )
        : undefined,
    sessionDescription: description?.text,
    sessionDescriptionType: description?.attributes.get('type'),
    cseq: numberOf(first(element, 'cseq')?.text),
  })
}

const idsOf = (element: XmlElement | undefined): DialogIds | undefined =>
  element && {
    callId: needed(element, 'call-id'),
    localTag: needed(element, 'local-tag'),
    remoteTag: needed(element, 'remote-tag'),
  }

const dialogOf = (element: XmlElement): WatchedDialog => {
  const { attributes } = element
  const state = first(element, 'state') ?? fault('a dialog has no state')
  const hops = first(element, 'route-set')
  return present({
    id: needed(element, 'id'),
    callId: attributes.get('call-id'),
    localTag: attributes.get('local-tag'),
    remoteTag: attributes.get('remote-tag'),
    direction: oneOf(attributes.get('direction'), ['initiator', 'recipient']),
    state: oneOf(state.text, states) ?? fault(`${state.text} is no state of a dialog`),
    event: state.attributes.get('event'),
    code: numberOf(state.attributes.get('code')),
    duration: numberOf(first(element, 'duration')?.text),
    replaces: idsOf(first(element, 'replaces')),
    referredBy: first(element, 'referred-by')?.text,
    routeSet: hops && all(hops, 'hop').map(({ text }) => text),
    local: partyOf(first(element, 'local')),
    remote: partyOf(first(element, 'remote')),
  })
}

/** Reads such a body; a `Malformed` when it is none. */
export const parseDialogInfo = (body: string | Uint8Array): DialogInfoDocument | Malformed =>
  readDocument(body, 'dialog-info', namespace, root => ({
    entity: needed(root, 'entity'),
    version: versionOf(root),
    state: oneNeeded(root, 'state', ['full', 'partial']),
    dialogs: all(root, 'dialog').map(dialogOf),
  }))

/**
 * All dialogs once another document has come: those that it names are replaced, and what is terminated stays until the next
 * change. `undefined` when a document in between is
 * missing, or nothing whole has come yet: ask for the state anew, by a refresh of the subscription. RFC 4235 §4.3
 *
 * @example
 * held = mergeDialogInfo(held, notification.parsed)
 */
export const mergeDialogInfo = (
  held: DialogInfoDocument | undefined,
  next: DialogInfoDocument,
): DialogInfoDocument | undefined =>
  succeed(held, next, (before, changes) => ({
    ...changes,
    state: 'full',
    dialogs: mergeBy(
      before.dialogs.filter(({ state }) => state !== 'terminated'),
      changes.dialogs,
      ({ id }) => id,
      () => false,
    ),
  }))

const partyNode = (name: string, party: DialogParty | undefined): Node | undefined =>
  party &&
  node(name, {}, [
    party.identity !== undefined && node('identity', { display: party.displayName }, [], party.identity),
    party.target !== undefined &&
      node(
        'target',
        { uri: party.target },
        party.targetParams?.map(([pname, pval]) => node('param', { pname, pval })),
      ),
    party.sessionDescription !== undefined &&
      node(
        'session-description',
        { type: party.sessionDescriptionType ?? 'application/sdp' },
        [],
        party.sessionDescription,
      ),
    leaf('cseq', party.cseq),
  ])

const dialogNode = (dialog: WatchedDialog): Node => {
  const { id, callId, localTag, remoteTag, direction, replaces, routeSet } = dialog
  return node(
    'dialog',
    { id, 'call-id': callId, 'local-tag': localTag, 'remote-tag': remoteTag, direction },
    [
      node('state', { event: dialog.event, code: dialog.code }, [], dialog.state),
      leaf('duration', dialog.duration),
      replaces &&
        node('replaces', {
          'call-id': replaces.callId,
          'local-tag': replaces.localTag,
          'remote-tag': replaces.remoteTag,
        }),
      leaf('referred-by', dialog.referredBy),
      routeSet &&
        node(
          'route-set',
          {},
          routeSet.map(hop => leaf('hop', hop)),
        ),
      partyNode('local', dialog.local),
      partyNode('remote', dialog.remote),
    ],
  )
}

/** Writes such a body. Throws `argument` for what XML cannot hold. */
export const formatDialogInfo = ({ entity, version, state, dialogs }: DialogInfoDocument): string =>
  writeDocument(node('dialog-info', { xmlns: namespace, version, state, entity }, dialogs.map(dialogNode)))
