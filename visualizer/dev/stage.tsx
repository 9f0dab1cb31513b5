/** The components of charts, actors and differences on an empty page, for their tests: not shipped. */
import { render } from 'preact'
import type { ActorRecord, MessageFrame, StepFrame } from '../../src/inspect/index.ts'
import { parseTrace, TraceModel } from '../../src/inspect/index.ts'
import { ActorsView } from '../src/actors/ActorsView.tsx'
import { learnChart } from '../src/chart/layouts.ts'
import { MachineChart } from '../src/chart/MachineChart.tsx'
import { MessageDiff } from '../src/diff/MessageDiff.tsx'
import '../src/theme/tokens.css'

const model = new TraceModel()
const root = (): HTMLElement => document.getElementById('app')!

const stage = {
  chosen: [] as unknown[],
  model,
  learnChart,
  load(text: string) {
    model.append(parseTrace(text).frames)
    return model.last
  },
  seed(actors: readonly ActorRecord[], seq: number) {
    model.seed(actors, seq)
  },
  /** Actors of a machine that ever were, with the states they went through. */
  steps(machine: string): readonly StepFrame[] {
    return [...model.frames()].filter(
      (frame): frame is StepFrame => frame.kind === 'step' && frame.machine === machine,
    )
  },
  messages(): readonly MessageFrame[] {
    return [...model.frames()].filter((frame): frame is MessageFrame => frame.kind === 'message')
  },
  chart(machine: string, actor?: string, seq = model.last, now = model.timeAt(model.last)) {
    const select = (chosen: number): number => stage.chosen.push(chosen)
    render(<MachineChart {...{ machine, actor, model, seq, now, present: now }} onSelect={select} />, root())
  },
  actors(seq = model.last, now = model.timeAt(model.last)) {
    const show = (selected?: string): void =>
      render(
        <ActorsView
          {...{ model, seq, now, selected }}
          onSelect={actor => {
            stage.chosen.push(actor)
            show(actor)
          }}
          onOpen={actor => stage.chosen.push(`open ${actor}`)}
        />,
        root(),
      )
    show()
  },
  diff(left: number, right: number) {
    const messages = stage.messages()
    render(<MessageDiff left={messages[left]!} right={messages[right]!} />, root())
  },
}

export type Stage = typeof stage

Object.assign(globalThis, { stage })
