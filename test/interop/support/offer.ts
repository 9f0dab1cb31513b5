/** Session descriptions for calls whose media nobody listens to. RFC 8866 */
import { host } from './party.ts'

/** One audio stream, G.711 µ-law, on that port of the loopback address. */
export const sdp = (port = 9): string =>
  [
    'v=0',
    `o=- 1 1 IN IP4 ${host}`,
    's=-',
    `c=IN IP4 ${host}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 0`,
    'a=rtpmap:0 PCMU/8000',
    '',
  ].join('\r\n')
