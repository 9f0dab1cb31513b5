/** A trace file that was dropped on the page, chosen, or that the page itself holds. Read in pieces; secrets are hidden. */
import { TraceReader } from '../../../src/inspect/index.ts'
import { unwatch } from '../store/engine.ts'
import { leaveAll } from '../store/place.ts'
import { appendHidden, clear, notice } from '../store/trace.ts'

/** Characters read at a time, so that the page stays alive. */
const piece = 1_000_000

const turn = (): Promise<void> => new Promise(resolve => setTimeout(resolve))

/** Shows a trace in place of what is shown. The engine is let go. */
export const readTrace = async (text: string, name: string): Promise<void> => {
  const reader = new TraceReader()
  const first = reader.push(text.slice(0, piece))
  if (!reader.header && (text.length > piece || reader.faults.length > 0)) {
    notice.value = `${name}: ${reader.faults[0]?.reason ?? 'this is no trace of sipactor'}.`
    return
  }
  unwatch()
  clear({ is: 'file', name: reader.header?.engine ?? name })
  leaveAll(false)
  appendHidden(first)
  for (let at = piece; at < text.length; at += piece) {
    await turn()
    appendHidden(reader.push(text.slice(at, at + piece)))
  }
  appendHidden(reader.end())
  const [fault] = reader.faults
  if (fault && fault.line === 0) notice.value = `${name}: ${fault.reason}.`
  else if (fault)
    notice.value = `${name}: ${reader.faults.length} of its lines could not be read. Line ${fault.line}: ${fault.reason}.`
}

export const readFile = async (file: File): Promise<void> => {
  try {
    await readTrace(await file.text(), file.name)
  } catch (error) {
    notice.value = `${file.name} could not be read: ${error instanceof Error ? error.message : 'unknown'}.`
  }
}
