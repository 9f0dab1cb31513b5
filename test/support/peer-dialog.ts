/**
 * A dialog as a scripted peer sees it: it counts CSeq and keeps tags and route, and nothing else. RFC 3261 §12.
 */
import type { Address } from '../../src/engine/ports.ts'
import { formatUri } from '../../src/message/index.ts'
import type { HeaderPair, SipMessage, SipRequest, SipResponse } from '../../src/message/types.ts'
import type { PeerRequestOptions } from './peer.ts'

export interface PeerDialog {
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  /** CSeq number of the last request sent. Writable, for tests that skip or repeat numbers. */
  cseq: number
  /** Sends a request inside the dialog, with the next CSeq number. */
  request(method: string, options?: Partial<PeerRequestOptions>): SipRequest
  /** Sends the ACK to a 2xx; to the INVITE that made the dialog, or to `invite`. */
  ack(options?: Partial<PeerRequestOptions> & { readonly invite?: SipRequest }): SipRequest
}

interface Parts {
  readonly request: (method: string, options: PeerRequestOptions) => SipRequest
  readonly first: SipRequest
  readonly response: SipResponse
  /** The peer sent the first request. */
  readonly ours: boolean
  /** Where requests are sent. */
  readonly address: Address
}

const withoutTag = (value: string): string => value.replace(/;tag=[^;]*/i, '')

/** Record-Route values one by one. */
const routesOf = (message: SipMessage): string[] =>
  message.headers('record-route').flatMap(line => line.split(',').map(value => value.trim()))

const targetOf = (message: SipMessage): string => {
  const contacts = message.parsed('contact')
  if (contacts === undefined || contacts === '*' || contacts.length === 0) {
    throw new Error('the other side gave no Contact to build a dialog on')
  }
  return formatUri(contacts[0]!.uri)
}

export const createPeerDialog = ({ request, first, response, ours, address }: Parts): PeerDialog => {
  const localTag = ours ? first.fromTag : response.toTag
  const remoteTag = ours ? response.toTag : first.fromTag
  if (localTag === undefined || remoteTag === undefined) throw new Error('a dialog needs a tag of both sides')
  const local = withoutTag(first.header(ours ? 'from' : 'to')!)
  const remote = withoutTag(first.header(ours ? 'to' : 'from')!)
  const target = targetOf(ours ? response : first)
  const routes = ours ? routesOf(response).reverse() : routesOf(first)
  const route = routes.map((value): HeaderPair => ['Route', value])

  const send = (method: string, cseq: number, given: Partial<PeerRequestOptions>): SipRequest =>
    request(method, {
      to: address,
      uri: target,
      callId: first.callId,
      from: local,
      fromTag: localTag,
      toUri: remote,
      toTag: remoteTag,
      cseq,
      ...given,
      headers: [...route, ...(given.headers ?? [])],
    })

  const dialog: PeerDialog = {
    callId: first.callId,
    localTag,
    remoteTag,
    cseq: ours ? first.cseq.seq : 0,
    request: (method, given = {}) => {
      dialog.cseq = given.cseq ?? dialog.cseq + 1
      return send(method, dialog.cseq, given)
    },
    ack: ({ invite = first, ...given } = {}) => send('ACK', invite.cseq.seq, given),
  }
  return dialog
}
