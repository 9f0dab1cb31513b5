import type { AnyStateMachine } from 'xstate'
import type { ChartLayout } from '../src/chart/types.ts'

export declare const layoutsPath: string
export declare const layoutOf: (machine: AnyStateMachine) => Promise<ChartLayout>
export declare const layoutText: (layout: ChartLayout) => string
export declare const writeLayouts: (machines: Readonly<Record<string, AnyStateMachine>>) => Promise<void>
