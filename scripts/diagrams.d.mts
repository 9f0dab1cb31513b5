import type { AnyStateMachine } from 'xstate'

export declare const pagePath: string
export declare const diagram: (machine: AnyStateMachine) => string
export declare const page: (machines: Readonly<Record<string, AnyStateMachine>>) => string
