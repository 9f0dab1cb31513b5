/** How much of a peer's message is read. Beyond it a message is refused, never cut in silence. */
export const limits = {
  /** Start line and headers, in bytes. */
  head: 65_536,
  body: 262_144,
  headers: 256,
  /** One header with its continuation lines. */
  line: 8_192,
  vias: 70,
  uri: 2_048,
  parts: 64,
  /** Multipart bodies inside multipart bodies. */
  depth: 4,
} as const
