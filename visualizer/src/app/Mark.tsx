/** Signs that are told apart by shape, not by colour alone. */
import type { Finding, FlowSummary } from '../../../src/inspect/index.ts'

const shapes = {
  settled: { class: 'c-ok', path: <circle cx="5" cy="5" r="4" fill="currentColor" /> },
  underway: {
    class: 'c-live',
    path: (
      <>
        <circle cx="5" cy="5" r="3.2" fill="none" stroke="currentColor" stroke-width="1.8" />
        <circle cx="5" cy="5" r="1.2" fill="currentColor" />
      </>
    ),
  },
  failed: { class: 'c-fail', path: <path d="M5 .6 9.6 9H.4z" fill="currentColor" /> },
  warning: { class: 'c-rtx', path: <path d="M5 .4 9.6 5 5 9.6.4 5z" fill="currentColor" /> },
  ended: { class: 'c-prov', path: <path d="M1.5 5h7" stroke="currentColor" stroke-width="1.8" /> },
} as const

export type Shape = keyof typeof shapes

const words: Readonly<Record<Shape, string>> = {
  settled: 'settled',
  underway: 'under way',
  failed: 'failed',
  warning: 'warning',
  ended: 'ended',
}

export const Mark = ({ is }: { readonly is: Shape }) => (
  <svg
    class={`mark ${shapes[is].class}`}
    width="10"
    height="10"
    viewBox="0 0 10 10"
    role="img"
    aria-label={words[is]}
  >
    {shapes[is].path}
  </svg>
)

export const shapeOf = ({ standing }: FlowSummary, stuck: boolean): Shape => (stuck ? 'warning' : standing)
export const shapeOfFinding = ({ severity }: Finding): Shape =>
  severity === 'failure' ? 'failed' : 'warning'
