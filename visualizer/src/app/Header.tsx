/** Name, views, where the records come from and how many there are. */
import { exporting } from '../export/state.ts'
import { OpenFile } from '../import/OpenFile.tsx'
import { engines, link } from '../store/engine.ts'
import { view } from '../store/place.ts'
import { capacity, current, origin, redacted } from '../store/trace.ts'
import { toggleTheme } from '../theme/theme.ts'
import { numberText } from './time.ts'
import { viewNames } from './views.ts'

const Brand = () => (
  <span class="brand">
    <svg
      width="18"
      height="18"
      viewBox="0 0 18 18"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      aria-hidden="true"
    >
      <path d="M3 2v14M15 2v14M3 6h9M15 12H6" />
      <path d="m10 3.5 2.5 2.5L10 8.5M8 9.5 5.5 12 8 14.5" />
    </svg>
    sipactor
  </span>
)

/** The engines at this address, by name. Each has a path of its own behind the token. */
const Engines = ({ name }: { readonly name: string }) => (
  <select
    class="engines"
    aria-label="Engine"
    value={name}
    onChange={event => {
      const [, token] = location.pathname.split('/')
      location.assign(`/${token}/${encodeURIComponent(event.currentTarget.value)}/`)
    }}
  >
    {engines.value.map(one => (
      <option key={one} value={one}>
        {one}
      </option>
    ))}
  </select>
)

/** Where the records come from. In the header, or in the drawer where the header has no room for it. */
export const Source = () => {
  const from = origin.value
  const state = link.value.is
  if (from.is === 'none') return null
  if (from.is === 'file')
    return (
      <span class="top-item">
        <span class="dot c-prov" />
        Recorded<span class="dim cut">{from.name}</span>
      </span>
    )
  const live = state === 'live'
  const others = engines.value.length > 1
  return (
    <span class="top-item">
      <span class={live ? 'dot c-live pulse' : 'dot c-rtx'} />
      {live ? 'Live' : 'Kept'}
      {others ? <Engines name={from.name} /> : <span class="dim cut">{from.name}</span>}
    </span>
  )
}

const Records = () => {
  const { length } = current()
  const live = origin.value.is === 'engine'
  return (
    <span class="top-item wide dim">
      {live
        ? `${numberText(length)} of ${numberText(capacity.value)} records`
        : `${numberText(length)} records`}
    </span>
  )
}

export const Header = () => (
  <header class="top">
    <Brand />
    <div class="seg" role="tablist" aria-label="View">
      {viewNames.map(({ id, title }) => (
        <button
          type="button"
          role="tab"
          aria-selected={view.value === id}
          onClick={() => {
            view.value = id
          }}
        >
          {title}
        </button>
      ))}
    </div>
    <span class="wide">
      <Source />
    </span>
    <span class="grow" />
    <Records />
    {redacted.value && (
      <span
        class="top-item wide"
        title="Credentials and keys are overwritten before they are shown or exported"
      >
        <svg
          width="12"
          height="14"
          viewBox="0 0 12 14"
          fill="none"
          stroke="currentColor"
          stroke-width="1.4"
          aria-hidden="true"
        >
          <rect x="1" y="6" width="10" height="7" rx="1.5" />
          <path d="M3.5 6V4a2.5 2.5 0 0 1 5 0v2" />
        </svg>
        Secrets hidden
      </span>
    )}
    <span class="wide">
      <OpenFile />
    </span>
    <button
      type="button"
      class="top-item"
      aria-haspopup="menu"
      aria-expanded={exporting.value}
      onClick={event => {
        event.stopPropagation()
        exporting.value = !exporting.value
      }}
    >
      Export <kbd class="wide">E</kbd>
    </button>
    <button
      type="button"
      class="top-item"
      aria-label="Switch between dark and light"
      title="Dark or light (T)"
      onClick={toggleTheme}
    >
      <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
        <circle cx="7" cy="7" r="5.5" fill="none" stroke="currentColor" stroke-width="1.4" />
        <path d="M7 1.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />
      </svg>
    </button>
  </header>
)
