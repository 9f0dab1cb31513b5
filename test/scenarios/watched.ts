/** An engine whose inner failures are written down: also those of actors that the application never sees. */
import type { EnginePort } from '../../src/engine/commands.ts'
import { createEngine, type Engine } from '../../src/engine/engine.ts'
import type { Platform } from '../../src/index.ts'

export const watchedEngine = (platform: Platform) => {
  const engine: Engine = createEngine(platform)
  const failures: string[] = []
  const port: EnginePort = {
    ...engine,
    onEvent: listener =>
      engine.onEvent(event => {
        if (event.type === 'error' && event.error.message.startsWith('internal')) {
          failures.push(`${event.error.message}: ${String(event.error.cause)}`)
        }
        listener(event)
      }),
  }
  return { engine, port, failures }
}
