/**
 * `sipactor/inspect/node`: the inspector served by a Node process, for a browser on the same machine.
 *
 * @example
 * import { serveInspector } from 'sipactor/inspect/node'
 *
 * const inspector = await serveInspector(sip)
 * console.log(inspector.url)
 */
import { SipError } from '../errors.ts'
import type { Sip } from '../index.ts'
import type { Trace } from '../inspect/index.ts'
import { type Inspector, type ServeOptions, serveSources } from './serve.ts'
import { liveSource, recordedSource } from './source.ts'

export { type HepSender, type HepSenderOptions, hepSender } from './hep.ts'
export type { Inspector, ServeOptions } from './serve.ts'

/** How an engine is shown. */
export interface InspectorOptions extends ServeOptions {
  /**
   * Frames kept from now on, for those who come later, 1 to 1,000,000. Default 0: nothing is attached while nobody
   * watches, and who comes late sees the present state and what follows.
   */
  readonly ring?: number
  /** False: passwords' proofs and keys are shown as they are. Default true. */
  readonly redact?: boolean
}

const mostKept = 1_000_000

/** A Sip by what it can do: another copy of the package is as good. */
const isSip = (value: unknown): value is Sip =>
  typeof value === 'object' && value !== null && 'trace$' in value && 'actors' in value

/**
 * Serves the inspector for an engine, or for several by their names, at an address of this machine that nobody else can
 * reach or guess. Rejects with a `transport` SipError when the port is taken; throws `argument` for a host that is not
 * loopback, a weak token, or a ring that is too large.
 *
 * The server keeps the process alive until `close`; closing a Sip does not close it.
 *
 * @example
 * const inspector = await serveInspector({ alice, bob }, { ring: 100_000 })
 * console.log(inspector.urls.bob)
 */
export const serveInspector = async (
  sips: Sip | Readonly<Record<string, Sip>>,
  options: InspectorOptions = {},
): Promise<Inspector> => {
  const { ring = 0, redact = true } = options
  if (!Number.isInteger(ring) || ring < 0 || ring > mostKept)
    throw new SipError('argument', `a ring holds 0 to ${mostKept} frames`)
  const named = isSip(sips) ? { sipactor: sips } : sips
  const entries = Object.entries(named)
  for (const [name, sip] of entries) {
    if (!/^[\w .@-]{1,64}$/.test(name) || !isSip(sip))
      throw new SipError('argument', 'engines to inspect are Sips by short names')
  }
  const sources = entries.map(([name, sip]) => liveSource(name, sip, ring, redact))
  try {
    return await serveSources(sources, options)
  } catch (error) {
    for (const source of sources) source.close()
    throw error
  }
}

/**
 * Serves the inspector for a recorded trace, as `parseTrace` of `sipactor/inspect` gives it. Rejects with `argument` when
 * it holds none.
 */
export const serveTrace = async (
  trace: Trace,
  options: ServeOptions & { readonly name?: string; readonly redact?: boolean } = {},
): Promise<Inspector> => {
  if (!trace.header) throw new SipError('argument', trace.faults[0]?.reason ?? 'this is no trace of sipactor')
  return serveSources([recordedSource(options.name ?? 'trace', trace, options.redact ?? true)], options)
}
