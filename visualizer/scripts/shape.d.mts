import type { ChartFile, ChartTransition } from '../src/chart/types.ts'

/** A machine of XState 5; the workspace itself has XState 4. */
interface AnyStateMachine {
  readonly id: string
  readonly root: object
}

export declare const shapeOf: (machine: AnyStateMachine) => {
  readonly machine: string
  readonly states: ChartFile['states']
  readonly transitions: readonly (ChartTransition & {
    readonly from: string
    readonly to?: string
    readonly after?: string
  })[]
}
