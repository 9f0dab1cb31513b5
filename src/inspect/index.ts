/**
 * `sipactor/inspect`: what a trace says and how it is taken away. Pure: frames in, views, files and texts out.
 *
 * @example
 * const model = new TraceModel()
 * sip.trace$.subscribe(frame => model.append([frame]))
 * for (const flow of model.flows()) console.log(flow.title, flow.state)
 */
export type { PartyOptions } from './arrows.ts'
export type * from './frame.ts'
export { type HepOptions, hepOf } from './hep.ts'
export { briefState } from './label.ts'
export { Ladder, type LadderOptions, type LadderStyle, ladder } from './ladder.ts'
export { mermaidOf } from './mermaid.ts'
export { TraceModel, type TraceModelOptions } from './model.ts'
export { type PcapOptions, pcapOf } from './pcap.ts'
export { type ReceiverEvent, type ReceiverEvents, receiverEvents } from './receiver-events.ts'
export { redactBytes, redactFrame, redactText, type Span, secretsIn } from './redact.ts'
export { type Numbered, Ring } from './ring.ts'
export { type SvgOptions, svgOf } from './svg.ts'
export { type TestFile, type TestFileOptions, testFileOf } from './test-file.ts'
export {
  formatTrace,
  fromWire,
  isTraceFault,
  parseTrace,
  type Trace,
  type TraceFault,
  type TraceHeader,
  TraceReader,
  type TraceWriteOptions,
  toWire,
  traceHeader,
  traceLimits,
  traceLine,
  type WireFrame,
} from './trace-file.ts'
export type * from './views.ts'
export { toV4, type V4Machine, type V4State, type V4Transition } from './xstate-v4.ts'
