/** The time of a flow: bars of what happened when, and a head that goes through it. */
import { Mark } from '../app/Mark.tsx'
import { clockText, numberText } from '../app/time.ts'
import { useEffect, useRef, useState } from '../list/hooks.ts'
import {
  flow,
  following,
  goFirstFailure,
  goLive,
  ladder,
  row,
  select,
  steps,
  waiting,
} from '../store/place.ts'
import { model, now, origin } from '../store/trace.ts'
import { densityOf, markStep, markText } from './density.ts'
import { changeSpeed, pause, play, playing, speed, step } from './play.ts'

const Icon = ({ path }: { readonly path: string }) => (
  <svg width="12" height="12" viewBox="0 0 12 12" fill="currentColor" aria-hidden="true">
    <path d={path} />
  </svg>
)

/** Time that the bars cover. */
const spanOf = (): number => {
  const { start, rows } = ladder.value
  const last = rows.at(-1)?.t ?? start
  const going = flow.value?.standing === 'underway' || flow.value?.standing === 'settled'
  const live = going && following.value && origin.value.is === 'engine' && rows.length > 0
  // A call that is going on grows; one that is over long ago does not shrink to nothing.
  const end = live && now.value - last < 60_000 ? now.value : last
  return Math.max(1, end - start)
}

const seek = (time: number): void => {
  pause()
  const all = steps.peek()
  const next = all.findLast(({ t }) => t <= time) ?? all[0]
  if (next && next !== row.peek()) select(next, 'travel')
}

const Bars = ({ width }: { readonly width: number }) => {
  const { start, rows } = ladder.value
  const span = spanOf()
  const count = Math.max(1, Math.floor(width / 8))
  const bars = densityOf(rows, seq => model.value.timeAt(seq), start, span, count)
  const most = Math.max(5, ...bars.map(({ plain, repeated, failed }) => plain + repeated + failed))
  const unit = 26 / most
  const stepBy = markStep(span, width)
  const marks = Array.from({ length: Math.floor(span / stepBy) + 1 }, (_, index) => index * stepBy)
  const at = row.value ? ((row.value.t - start) / span) * width : 0
  const head = Math.max(6, Math.min(width - 6, at))
  return (
    <svg width={width} height="48" aria-hidden="true">
      {bars.map((bar, index) => {
        let y = 32
        return (['plain', 'repeated', 'failed'] as const).map(kind => {
          const height = Math.min(bar[kind] > 0 ? Math.max(4, bar[kind] * unit) : 0, y)
          if (height === 0) return null
          y -= height + 1
          return <rect x={index * 8} y={y + 1} width="6" height={height} class={`bar-${kind}`} />
        })
      })}
      <path d={`M0 32.5H${width}`} stroke="var(--line-2)" />
      {marks.map(mark => {
        const x = (mark / span) * width
        const anchor = mark === 0 ? 'start' : x > width - 24 ? 'end' : 'middle'
        return (
          <>
            <path d={`M${x + 0.5} 32v3`} stroke="var(--line-2)" />
            <text x={Math.min(width - 2, x)} y="45" text-anchor={anchor}>
              {markText(mark, stepBy)}
            </text>
          </>
        )
      })}
      {row.value && (
        <>
          <path d={`M${head} 4V32`} stroke="var(--ink)" stroke-width="1.5" />
          <path d={`M${head - 5} 0h10v4l-5 5-5-5z`} fill="var(--ink)" />
        </>
      )}
    </svg>
  )
}

const Slider = () => {
  const track = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(500)
  useEffect(() => {
    const sizes = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)))
    sizes.observe(track.current!)
    return () => sizes.disconnect()
  }, [])
  const { start } = ladder.value
  const follow = (event: PointerEvent) => {
    const box = track.current!.getBoundingClientRect()
    seek(start + Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * spanOf())
  }
  const keys: Readonly<Record<string, () => void>> = {
    ArrowRight: () => step(1),
    ArrowLeft: () => step(-1),
    Home: () => seek(start),
    End: () => seek(Number.POSITIVE_INFINITY),
  }
  const time = row.value ? row.value.t - start : 0
  return (
    <div
      ref={track}
      class="scrub-track"
      role="slider"
      aria-label="Time"
      aria-valuemin={0}
      aria-valuemax={Math.round(spanOf())}
      aria-valuenow={Math.round(time)}
      aria-valuetext={`${clockText(time)} s`}
      tabIndex={0}
      onPointerDown={event => {
        track.current!.setPointerCapture(event.pointerId)
        follow(event)
      }}
      onPointerMove={event => {
        if (event.buttons > 0) follow(event)
      }}
      onKeyDown={event => {
        const act = keys[event.key]
        if (!act) return
        event.preventDefault()
        event.stopPropagation()
        act()
      }}
    >
      <Bars width={width} />
    </div>
  )
}

export const Scrubber = () => {
  const time = row.value ? row.value.t - ladder.value.start : 0
  const live = origin.value.is === 'engine'
  return (
    <div class="scrub">
      <div class="scrub-tools">
        <button
          type="button"
          class="scrub-button"
          aria-label="Step back"
          title="Step back (J)"
          onClick={() => step(-1)}
        >
          <Icon path="M10 1v10L3.5 6zM2 1h1.5v10H2z" />
        </button>
        <button
          type="button"
          class="scrub-button main"
          aria-label={playing.value ? 'Pause' : 'Play'}
          title="Play or pause (Space)"
          onClick={play}
        >
          <Icon path={playing.value ? 'M2 1h3v10H2zM7 1h3v10H7z' : 'M2.5 1v10L11 6z'} />
        </button>
        <button
          type="button"
          class="scrub-button"
          aria-label="Step forward"
          title="Step forward (K)"
          onClick={() => step(1)}
        >
          <Icon path="M2 1v10l6.5-5zM8.5 1H10v10H8.5z" />
        </button>
        <button type="button" class="tool" aria-label={`Speed ${speed.value}`} onClick={changeSpeed}>
          {speed.value}×
        </button>
        <span class="mono scrub-now">
          <b>{clockText(time)}</b> <span class="dim wide">/ {clockText(spanOf())} s</span>
        </span>
        <span class="grow" />
        <button type="button" class="tool" onClick={goFirstFailure}>
          <Mark is="failed" />
          First failure <kbd class="wide">F</kbd>
        </button>
        {live && (
          <button
            type="button"
            class="tool"
            aria-pressed={following.value}
            title="Follow what happens now (L)"
            onClick={() => {
              pause()
              goLive()
            }}
          >
            <span class="dot c-live" />
            Live
            {waiting.value > 0 && <span class="dim">+{numberText(waiting.value)}</span>}
          </button>
        )}
      </div>
      <Slider />
    </div>
  )
}
