/** Who stands above a column. */
import type { FlowSummary, LadderColumn } from '../../../src/inspect/index.ts'

/** The name of a peer: of a registrar the domain, for the messages to it name only whom they register. */
export const peerName = ({ name, host }: LadderColumn, flow: FlowSummary | undefined): string =>
  flow?.kind === 'registration' ? (flow.title.split('@')[1] ?? host) : name || host
