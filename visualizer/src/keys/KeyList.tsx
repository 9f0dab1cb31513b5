/** All keys and all signs, in the one dialog of the page; and the footer's hints. */
import { useEffect, useRef } from '../list/hooks.ts'
import { view } from '../store/place.ts'
import { keys } from './keys.ts'
import { showKeys } from './state.ts'

const line = (hue: string, dash = '', hollow = false) => (
  <svg width="64" height="12" aria-hidden="true">
    <path d="M2 6H56" stroke={`var(--${hue})`} stroke-width="1.5" stroke-dasharray={dash} />
    <path d="M62 6l-8-4v8z" fill={hollow ? 'var(--surface)' : `var(--${hue})`} stroke={`var(--${hue})`} />
  </svg>
)

const signs = [
  [line('req'), 'request'],
  [line('prov'), '1xx'],
  [line('ok'), '2xx'],
  [line('fail'), '3xx–6xx that ended it'],
  [line('fail', '', true), '3xx–6xx that led to another try'],
  [line('rtx', '5 4'), 'repeats, folded'],
  [line('fail', '2 4'), 'expected, never came'],
] as const

const moved = [
  ['IC IS', 'INVITE transaction, of the client, of the server'],
  ['NC NS', 'other transaction, of the client, of the server'],
  ['D', 'dialog'],
  ['C', 'call'],
  ['R', 'registration'],
  ['PF L', 'profile, line'],
  ['S N', 'subscription, of ours, of the peer’s'],
  ['P', 'publication'],
  ['CR', 'initials of any other machine: CR is clientRequest'],
  ['+2', 'two more have moved: point at the chips to read all'],
] as const

export const KeyList = () => {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const box = dialog.current!
    if (showKeys.value && !box.open) box.showModal()
    else if (!showKeys.value && box.open) box.close()
  }, [showKeys.value])
  return (
    <dialog
      ref={dialog}
      class="keys"
      aria-label="Keys"
      onClose={() => {
        showKeys.value = false
      }}
    >
      <h2>Keys</h2>
      <dl>
        {keys.map(({ shown, text }) => (
          <>
            <dt>
              <kbd>{shown}</kbd>
            </dt>
            <dd>{text}</dd>
          </>
        ))}
      </dl>
      <h2>Arrows</h2>
      <dl>
        {signs.map(([sign, text]) => (
          <>
            <dt>{sign}</dt>
            <dd>{text}</dd>
          </>
        ))}
      </dl>
      <h2>Chips at an arrow: who moved, into which state</h2>
      <dl>
        {moved.map(([sign, text]) => (
          <>
            <dt class="mono">{sign}</dt>
            <dd>{text}</dd>
          </>
        ))}
      </dl>
      <button type="button" class="tool" onClick={() => dialog.current!.close()}>
        Close
      </button>
    </dialog>
  )
}

export const Footer = () => (
  <footer class="foot">
    {keys.map(({ shown, foot }) => {
      const text = foot?.[view.value]
      return text === undefined ? null : (
        <span>
          <kbd>{shown.replaceAll(' ', '')}</kbd>
          {text}
        </span>
      )
    })}
    <span class="grow" />
    <button
      type="button"
      onClick={() => {
        showKeys.value = true
      }}
    >
      <kbd>?</kbd>all keys
    </button>
  </footer>
)
