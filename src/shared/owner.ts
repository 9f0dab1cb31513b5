/** Who hears of objects at the shared server: an application, the server itself, or all together. */
import type { EngineEvent } from '../engine/commands.ts'

export interface Owner {
  take(event: EngineEvent): void
}
