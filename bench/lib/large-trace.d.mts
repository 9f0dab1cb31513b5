import type { Frame } from '../../src/inspect/index.ts'
import type { parse } from '../../src/message/index.ts'

/** So many records of so many actors, all alive. */
export function largeTrace(actors: number, records: number, parseMessage: typeof parse): Frame[]
