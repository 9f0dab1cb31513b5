/** Findings as they stand: one for each fault, said anew while it goes on. */
import type { Flow } from './flow.ts'
import type { Frame } from './frame.ts'
import type { Verdict } from './verdicts.ts'
import type { Finding } from './views.ts'

interface Draft extends Verdict {
  readonly seq: number
  readonly t: number
  readonly flow: Flow | undefined
}

/** Findings held, the newest. */
const most = 2_000

export class Found {
  readonly #drafts = new Map<string, Draft>()

  /** Remembers a finding, or says an old one anew. */
  say(key: string, { seq, t }: Frame, flow: Flow | undefined, verdict: Verdict): void {
    const known = this.#drafts.get(key)
    this.#drafts.set(key, known ? { ...known, ...verdict } : { ...verdict, seq, t, flow })
    if (!known && flow) flow.findings += 1
    if (this.#drafts.size > most) this.#forget(this.#drafts.keys().next().value!)
    const whole = flow?.whole
    if (whole) whole.summary = undefined
  }

  /** Time at which it was said first. */
  began(key: string): number | undefined {
    return this.#drafts.get(key)?.t
  }

  #forget(key: string): void {
    const flow = this.#drafts.get(key)?.flow?.whole
    this.#drafts.delete(key)
    if (!flow) return
    flow.findings -= 1
    flow.summary = undefined
  }

  /** Those whose frame is held, of one flow or of all, the oldest first. */
  list(first: number, only?: Flow): readonly Finding[] {
    const shown: Finding[] = []
    for (const { flow, ...finding } of this.#drafts.values()) {
      const whole = flow?.whole
      if (finding.seq < first || (only && whole !== only)) continue
      shown.push(whole ? { ...finding, flow: whole.id } : finding)
    }
    return shown.sort((a, b) => a.seq - b.seq)
  }
}
