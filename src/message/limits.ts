/** How much of a peer's message is read. Beyond it a message is refused, never cut in silence. */
export const limits = {
  /** Start line and headers, in bytes. */
  head: 65_536,
  /** Body, in bytes. */
  body: 262_144,
  /** Header fields. */
  headers: 256,
  /** One header with its continuation lines, in characters. */
  line: 8_192,
  /** Via values. */
  vias: 70,
  /** One URI, in characters. */
  uri: 2_048,
  /** Parts of one multipart body. */
  parts: 64,
  /** Multipart bodies inside multipart bodies. */
  depth: 4,
} as const
