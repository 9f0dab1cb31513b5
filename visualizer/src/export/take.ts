/** What is taken away, as files. Everything is made in the page; nothing is asked of the engine. */
import {
  type Frame,
  formatTrace,
  type LadderView,
  mermaidOf,
  pcapOf,
  svgOf,
  testFileOf,
} from '../../../src/inspect/index.ts'
import { flow, ladder } from '../store/place.ts'
import { model, notice, origin, redacted } from '../store/trace.ts'
import { theme } from '../theme/theme.ts'
import { pageWith } from './page.ts'
import { scope } from './state.ts'

const framesOf = (): readonly Frame[] => {
  const whole = model.peek()
  const frames = [...whole.frames()]
  const id = flow.peek()?.id
  if (scope.peek() === 'all' || id === undefined) return frames
  return frames.filter(({ seq }) => whole.flowOf(seq) === id)
}

const engine = (): string => {
  const from = origin.peek()
  return from.is === 'none' ? 'trace' : from.name
}

/** `switchboard-alice-bob.pcap`. */
const nameOf = (extension: string): string => {
  const parts = [engine(), ...(scope.peek() === 'flow' ? [flow.peek()?.title ?? ''] : [])]
  const name = parts
    .join('-')
    .replace(/[^\w.@-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 80)
  return `${name || 'trace'}.${extension}`
}

const save = (content: BlobPart, extension: string, type: string): void => {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([content], { type }))
  link.download = nameOf(extension)
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

const trace = (): string => formatTrace(framesOf(), { engine: engine(), redact: redacted.peek() })

const picture = (view: LadderView): string => {
  const title = flow.peek()?.title
  return svgOf(view, { theme: theme.peek(), ...(title === undefined ? {} : { title }) })
}

/** Pixels of one side of a canvas that every browser has. */
const largest = 16_000

const png = async (): Promise<void> => {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(picture(ladder.peek()))}`
  await image.decode()
  const scale = Math.min(2, largest / Math.max(image.naturalWidth, image.naturalHeight))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(image.naturalWidth * scale)
  canvas.height = Math.round(image.naturalHeight * scale)
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise<Blob | null>(resolve => canvas.toBlob(resolve, 'image/png'))
  if (!blob) throw new Error('the picture is too large for this browser')
  save(blob, 'png', 'image/png')
}

const test = (): void => {
  const title = flow.peek()?.title
  const made = testFileOf(framesOf(), title === undefined ? {} : { title })
  if (made.text === undefined) {
    notice.value = `No test can be made of this: ${made.reason}.`
    return
  }
  save(made.text, 'test.ts', 'text/plain')
  const [left] = made.left
  if (left !== undefined) notice.value = `Left out of the test: ${made.left.join('; ')}.`
}

export interface Format {
  readonly id: string
  readonly title: string
  readonly text: string
  /** Only of one flow. */
  readonly ofFlow?: true
  readonly take: () => void | Promise<void>
}

export const formats: readonly Format[] = [
  {
    id: 'pcap',
    title: 'pcap',
    text: 'for sngrep, Wireshark',
    take: () =>
      save(
        pcapOf(framesOf(), { redact: redacted.peek() }) as BlobPart,
        'pcap',
        'application/vnd.tcpdump.pcap',
      ),
  },
  {
    id: 'jsonl',
    title: 'Trace',
    text: 'JSON lines, opens here again',
    take: () => save(trace(), 'jsonl', 'application/jsonl'),
  },
  {
    id: 'html',
    title: 'Page',
    text: 'one HTML file with this page in it',
    take: async () => save(await pageWith(trace(), engine()), 'html', 'text/html'),
  },
  {
    id: 'mermaid',
    title: 'Mermaid',
    text: 'text that GitHub draws',
    ofFlow: true,
    take: () => save(mermaidOf(ladder.peek()), 'mmd', 'text/plain'),
  },
  {
    id: 'svg',
    title: 'SVG',
    text: 'the ladder as a drawing',
    ofFlow: true,
    take: () => save(picture(ladder.peek()), 'svg', 'image/svg+xml'),
  },
  { id: 'png', title: 'PNG', text: 'the ladder as a picture', ofFlow: true, take: png },
  { id: 'test', title: 'Test', text: 'a vitest file that replays it', take: test },
]

/** Takes one away; what goes wrong is said above the views. */
export const takeAway = async (format: Format): Promise<void> => {
  try {
    await format.take()
  } catch (error) {
    notice.value = `${format.title} could not be made: ${error instanceof Error ? error.message : 'unknown'}.`
  }
}
