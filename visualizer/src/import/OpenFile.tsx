/** The button that asks for a trace file. */
import { useRef } from '../list/hooks.ts'
import { readFile } from './read.ts'

export const OpenFile = () => {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <button
        type="button"
        class="top-item"
        title="Open a trace file, or drop one on the page"
        onClick={() => input.current?.click()}
      >
        Open
      </button>
      <input
        ref={input}
        class="hidden-to-eye"
        type="file"
        accept=".jsonl,.json,.ndjson,application/jsonl"
        aria-label="Trace file"
        tabIndex={-1}
        onChange={event => {
          const [file] = event.currentTarget.files ?? []
          event.currentTarget.value = ''
          if (file) void readFile(file)
        }}
      />
    </>
  )
}
