/** Formats whose meaning needs no `a=rtpmap`. RFC 3551 §6 */
export const staticPayloads: ReadonlyMap<number, readonly [name: string, rate: number]> = new Map([
  [0, ['PCMU', 8000]],
  [3, ['GSM', 8000]],
  [4, ['G723', 8000]],
  [8, ['PCMA', 8000]],
  [9, ['G722', 8000]],
  [13, ['CN', 8000]],
  [15, ['G728', 8000]],
  [18, ['G729', 8000]],
  [26, ['JPEG', 90000]],
  [31, ['H261', 90000]],
  [34, ['H263', 90000]],
])
