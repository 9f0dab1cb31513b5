/** Which part of something tall can be seen: in a pane that scrolls, or in a page that does. */
import { type RefObject, useLayoutEffect, useState } from './hooks.ts'

export interface Visible {
  /** Pixels from the top of the content. */
  readonly top: number
  readonly bottom: number
  /** Size of the pane. */
  readonly width: number
  readonly height: number
}

const same = (a: Visible, b: Visible): boolean =>
  a.top === b.top && a.bottom === b.bottom && a.width === b.width && a.height === b.height

/** @param pane what scrolls, or is clipped by the window; @param content its tall child */
export const useVisible = (
  pane: RefObject<HTMLElement | null>,
  content: RefObject<Element | null>,
): Visible => {
  const [visible, setVisible] = useState<Visible>({ top: 0, bottom: 800, width: 0, height: 0 })
  useLayoutEffect(() => {
    let frame = 0
    const look = () => {
      frame = 0
      if (!pane.current || !content.current) return
      const outer = pane.current.getBoundingClientRect()
      const inner = content.current.getBoundingClientRect()
      const next = {
        top: Math.max(0, Math.max(outer.top, 0) - inner.top),
        bottom: Math.max(0, Math.min(outer.bottom, innerHeight) - inner.top),
        width: pane.current.clientWidth,
        height: pane.current.clientHeight,
      }
      setVisible(before => (same(before, next) ? before : next))
    }
    const soon = () => {
      frame ||= requestAnimationFrame(look)
    }
    look()
    const sizes = new ResizeObserver(soon)
    sizes.observe(pane.current!)
    pane.current!.addEventListener('scroll', soon, { passive: true })
    addEventListener('scroll', soon, { passive: true })
    addEventListener('resize', soon)
    const element = pane.current!
    return () => {
      cancelAnimationFrame(frame)
      sizes.disconnect()
      element.removeEventListener('scroll', soon)
      removeEventListener('scroll', soon)
      removeEventListener('resize', soon)
    }
  }, [pane, content])
  return visible
}

/** Offsets of rows; the last is the height of all. */
export const offsetsOf = <T>(items: readonly T[], heightOf: (item: T) => number): readonly number[] => {
  const offsets = [0]
  let y = 0
  for (const item of items) offsets.push((y += heightOf(item)))
  return offsets
}

/** Index of the row at a height. */
export const indexAt = (offsets: readonly number[], y: number): number => {
  let [low, high] = [0, offsets.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (offsets[middle]! <= y) low = middle
    else high = middle - 1
  }
  return low
}

/** Rows that are drawn: those that can be seen and some more. Never more than 80. */
export const windowOf = (offsets: readonly number[], { top, bottom }: Visible): readonly [number, number] => {
  const count = offsets.length - 1
  const first = Math.max(0, indexAt(offsets, top) - 4)
  const last = Math.min(count, indexAt(offsets, bottom) + 5, first + 80)
  return [first, last]
}
