/** What `sips:` demands: TLS at every hop, and a `sips:` Contact. RFC 3261 §8.1.1.8, §12.1.1, §26.2.2; RFC 5630. */
import type { SipRequest, SipUri } from '../message/types.ts'

/** True for the text of a `sips:` URI. */
export const isSips = (text: string): boolean => text.slice(0, 5).toLowerCase() === 'sips:'

/** The next hop of a request: a `sips:` Request-URI is never sent without TLS, whatever its Route says. §26.2.2 */
export const secureHop = (nextHop: SipUri, requestUri: string): SipUri =>
  nextHop.scheme === 'sip' && isSips(requestUri) ? { ...nextHop, scheme: 'sips' } : nextHop

/** True for a request whose Contact must be a `sips:` URI. §8.1.1.8 */
export const needsSips = (nextHop: SipUri, requestUri: string): boolean =>
  nextHop.scheme === 'sips' || isSips(requestUri)

/** True for a request that must be answered with a `sips:` Contact. §12.1.1 */
export const asksForSips = (request: SipRequest): boolean => {
  if (isSips(request.uri)) return true
  const route = request.parsed('record-route')?.[0]
  const contact = request.parsed('contact')
  const first = route ?? (contact === undefined || contact === '*' ? undefined : contact[0])
  return first?.uri.scheme === 'sips'
}
