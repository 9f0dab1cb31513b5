/** What a reader should look at. A click leads to the frame that shows it. */
import { Mark, shapeOfFinding } from '../app/Mark.tsx'
import { clockText, numberText } from '../app/time.ts'
import { VirtualList } from '../list/VirtualList.tsx'
import { flowId, open, row } from '../store/place.ts'
import { findings, flows, notice } from '../store/trace.ts'

export const Findings = () => {
  const all = findings.value
  const titles = new Map(flows.value.map(({ id, title, began }) => [id, { title, began }]))
  if (all.length === 0) return null
  return (
    <section class="findings" aria-label="Findings">
      <h2>
        <span>Findings</span>
        <span class="dim">{numberText(all.length)}</span>
      </h2>
      <VirtualList
        label="Findings"
        class="findings-list"
        items={all}
        heightOf={() => 38}
        keyOf={({ kind, seq, flow }) => `${kind} ${seq} ${flow}`}
      >
        {finding => {
          const flow = finding.flow === undefined ? undefined : titles.get(finding.flow)
          const text = flow ? `${flow.title}: ${finding.text}` : finding.text
          return (
            <button
              type="button"
              class="finding"
              role="option"
              aria-selected={
                flow !== undefined && flowId.value === finding.flow && row.value?.seq === finding.seq
              }
              title={text}
              onClick={() => {
                if (finding.flow === undefined) notice.value = `${finding.title}. ${finding.text}`
                else open(finding.flow, finding.seq)
              }}
            >
              <Mark is={shapeOfFinding(finding)} />
              <b class="cut">{finding.title}</b>
              <time>{clockText(finding.t - (flow?.began ?? 0))}</time>
              <i class="cut">{text}</i>
            </button>
          )
        }}
      </VirtualList>
    </section>
  )
}
