/** One line above the views: the engine has gone, or something could not be read. Everything stays usable. */
import { useEffect, useState } from '../list/hooks.ts'
import { type Link, link, retry } from '../store/engine.ts'
import { notice, origin } from '../store/trace.ts'

const Gone = ({ since, next, stranger }: Link & { is: 'gone' }) => {
  const [, tick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => tick(count => count + 1), 500)
    return () => clearInterval(timer)
  }, [])
  const gone = Math.max(0, Math.round((performance.now() - since) / 1_000))
  const left = Math.max(0, Math.ceil((next - performance.now()) / 1_000))
  return (
    <p class="said" role="status">
      <span class="grow">
        <b class="c-rtx">
          {origin.value.is === 'file' ? 'The server of this recording is' : 'Engine'} gone for {gone} s.
        </b>{' '}
        What arrived is kept and can be searched and exported.{' '}
        {stranger && 'Another one is at its address now, with another token. '}
        {left > 0 ? `Next try in ${left} s.` : 'Trying again.'}
      </span>
      <button type="button" class="link" onClick={retry}>
        Try now
      </button>
    </p>
  )
}

export const Said = () => {
  const state = link.value
  if (state.is === 'gone') return <Gone {...state} />
  if (notice.value === undefined) return null
  return (
    <p class="said" role="status">
      <span class="grow">{notice.value}</span>
      <button
        type="button"
        class="link"
        onClick={() => {
          notice.value = undefined
        }}
      >
        Close
      </button>
    </p>
  )
}
