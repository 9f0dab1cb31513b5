import type { ChartFile } from '../src/chart/types.ts'

/** A machine of XState 5; the workspace itself has XState 4. */
interface AnyStateMachine {
  readonly id: string
  readonly root: object
}

export declare const layoutsPath: string
export declare const layoutOf: (machine: AnyStateMachine) => Promise<ChartFile>
export declare const layoutText: (layout: ChartFile) => string
export declare const writeLayouts: (machines: Readonly<Record<string, AnyStateMachine>>) => Promise<void>
