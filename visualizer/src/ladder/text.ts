/** Widths of texts, measured once each. */

const canvas = document.createElement('canvas').getContext('2d')!
const widths = new Map<string, number>()

const measured = (text: string, font: string): number => {
  const key = `${font} ${text}`
  const known = widths.get(key)
  if (known !== undefined) return known
  canvas.font = font
  const { width } = canvas.measureText(text)
  if (widths.size > 5_000) widths.clear()
  widths.set(key, width)
  return width
}

const family = (): string => getComputedStyle(document.body).fontFamily
let sans: string | undefined

export const labelWidth = (text: string): number => measured(text, `600 12px ${(sans ??= family())}`)
export const badgeWidth = (text: string): number => measured(text, `600 10px ${(sans ??= family())}`)
export const smallWidth = (text: string): number => measured(text, `11px ${(sans ??= family())}`)
/** Of one character of the states. */
export const monoWidth = 6.4

/** As much of a text as fits, with an ellipsis; empty when nothing does. */
export const fitting = (text: string, room: number, width: (text: string) => number): string => {
  if (width(text) <= room) return text
  for (let length = text.length - 1; length > 1; length -= 1) {
    const part = `${text.slice(0, length).trimEnd()}…`
    if (width(part) <= room) return part
  }
  return ''
}
