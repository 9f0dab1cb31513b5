/** The answer that every server here gives. */
export const sdp = [
  'v=0',
  'o=user1 53655765 2353687637 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 6000 RTP/AVP 0',
  'a=rtpmap:0 PCMU/8000',
  '',
].join('\r\n')

/** Bytes of socket buffer, in each direction, for all of them. */
export const bufferSize = 4 * 1024 * 1024
