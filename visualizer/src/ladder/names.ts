/** Who stands above a column. */
import type { LadderColumn } from '../../../src/inspect/index.ts'

export const peerName = ({ name, host }: LadderColumn): string => name || host
