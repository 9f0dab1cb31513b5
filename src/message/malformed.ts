/** The value that stands for text which could not be read. */
import type { Malformed } from './types.ts'

/** Makes the value for text that could not be read; 400 unless another status fits better. */
export const malformed = (reason: string, header?: string, offset = 0, status = 400): Malformed =>
  header === undefined
    ? { kind: 'malformed', reason, offset, status }
    : { kind: 'malformed', reason, header, offset, status }

/**
 * True for the value that a parser returns in place of a result.
 *
 * @example
 * const message = parse(bytes)
 * if (isMalformed(message)) console.log(message.reason)
 */
export const isMalformed = (value: unknown): value is Malformed =>
  typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'malformed'
