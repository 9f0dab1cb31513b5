/** The page: header, one view, footer; and what is said when something is wrong. */
import { Blank } from '../empty/Blank.tsx'
import { Said } from '../empty/Said.tsx'
import { ExportMenu } from '../export/ExportMenu.tsx'
import { Findings } from '../findings/Findings.tsx'
import { Flows } from '../flows/Flows.tsx'
import '../flows/flows.css'
import { OpenFile } from '../import/OpenFile.tsx'
import { Inspector } from '../inspector/Inspector.tsx'
import { Footer, KeyList } from '../keys/KeyList.tsx'
import { Ladder } from '../ladder/Ladder.tsx'
import '../ladder/ladder.css'
import { Scrubber } from '../scrubber/Scrubber.tsx'
import '../scrubber/scrubber.css'
import { link } from '../store/engine.ts'
import { drawer, flow, folded, sinceStart, view } from '../store/place.ts'
import { findings } from '../store/trace.ts'
import { ActorsPage } from './ActorsPage.tsx'
import { Header, Source } from './Header.tsx'
import { Mark } from './Mark.tsx'

const joined = {
  actor: 'joined by actor parentage',
  replaces: 'joined by Replaces',
  refer: 'joined by REFER',
  'target-dialog': 'joined by Target-Dialog',
  'session-id': 'joined by Session-ID',
  header: 'joined by a header',
}

const legsText = (): string => {
  const legs = flow.value?.legs ?? []
  if (legs.length < 2) return flow.value?.state ?? ''
  const by = legs.find(({ joinedBy }) => joinedBy)?.joinedBy
  return `${legs.length} legs${by ? `, ${joined[by]}` : ''}`
}

const Title = () => (
  <div class="ladder-title">
    <strong class="cut">{flow.value?.title}</strong>
    <span class="dim cut">{legsText()}</span>
    <span class="grow" />
    <button
      type="button"
      class="tool"
      aria-pressed={folded.value}
      title="Fold repeats (←), unfold them (→)"
      onClick={() => {
        folded.value = !folded.value
      }}
    >
      ↻ {folded.value ? 'folded' : 'unfolded'}
    </button>
    <button
      type="button"
      class="tool"
      title="Time since the first message, or since the one before"
      onClick={() => {
        sinceStart.value = !sinceStart.value
      }}
    >
      {sinceStart.value ? 'since start' : 'since last'}
    </button>
  </div>
)

const FlowBar = () => {
  const one = flow.value
  const count = findings.value.length
  return (
    <button
      type="button"
      class="flow-bar"
      aria-expanded={drawer.value}
      onClick={() => {
        drawer.value = !drawer.value
      }}
    >
      {one && <Mark is={one.standing} />}
      <b class="cut">{one?.title ?? 'Flows'}</b>
      <span class="dim grow cut">{one?.state}</span>
      {count > 0 && <span class="c-rtx">{count === 1 ? '1 finding' : `${count} findings`}</span>}
      <span class="dim" aria-hidden="true">
        {drawer.value ? '▴' : '▾'}
      </span>
    </button>
  )
}

const LadderPage = () => (
  <main class="view ladder-view">
    <aside class={drawer.value ? 'pane left open' : 'pane left'} aria-label="Flows and findings">
      {drawer.value && (
        <div class="drawer-source">
          <Source />
          <span class="grow" />
          <OpenFile />
        </div>
      )}
      <Flows />
      <Findings />
    </aside>
    <section class="pane" aria-label="Ladder">
      <FlowBar />
      {flow.value ? (
        <>
          <Title />
          <Ladder />
          <Scrubber />
        </>
      ) : (
        <Blank />
      )}
    </section>
    <aside class="pane right" aria-label="Inspector">
      <Inspector />
    </aside>
  </main>
)

export const App = () => {
  if (link.value.is === 'refused')
    return (
      <div class="blank whole">
        <b>This address does not open the inspector</b>
        <span class="dim">
          Take the whole address that the engine printed: the token in it is new with every start.
        </span>
      </div>
    )
  return (
    <>
      <Header />
      <Said />
      {view.value === 'ladder' ? <LadderPage /> : <ActorsPage />}
      <Footer />
      <KeyList />
      <ExportMenu />
    </>
  )
}
