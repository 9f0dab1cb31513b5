/** A plain audio description, as a telephone would make: G.711 both ways. RFC 8866, RFC 3264. */

/** Describes audio at that address; an answer repeats the offer's version of what it can do. */
export const audio = (host: string, port = 40_000, user = 'sipactor'): string => {
  const family = host.includes(':') ? 'IP6' : 'IP4'
  return [
    'v=0',
    `o=${user} 1 1 IN ${family} ${host}`,
    's=-',
    `c=IN ${family} ${host}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 0 8 101`,
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=sendrecv',
    '',
  ].join('\r\n')
}
