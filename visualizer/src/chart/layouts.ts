/// <reference types="vite/client" />
/** The charts that are known: those of our machines, and those that an engine of another kind told of. */
import { simpleLayout } from './simple.ts'
import { type ChartFile, type ChartLayout, type ChartShape, drawn } from './types.ts'

const files = import.meta.glob<ChartFile>('../../layouts/*.json', { eager: true, import: 'default' })
const ours = new Map(Object.values(files).map(file => [file.machine, file]))

const told = new Map<string, ChartLayout>()

/** Takes in a machine that has no layout of ours. */
export const learnChart = (shape: ChartShape): void => {
  if (!ours.has(shape.machine)) told.set(shape.machine, simpleLayout(shape))
}

/** The chart of a machine; `brief` for narrow panes, where there is one. */
export const layoutFor = (machine: string, sheet: 'full' | 'brief' = 'full'): ChartLayout | undefined => {
  const file = ours.get(machine)
  return file ? drawn(file, sheet) : told.get(machine)
}

/** Ids of all machines with a chart. */
export const charted = (): readonly string[] => [...ours.keys(), ...told.keys()]
