/** Whether the menu of exports is shown, and of what. */
import { signal } from '@preact/signals'

export const exporting = signal(false)
/** What is taken away: the flow that is open, or the whole trace. */
export const scope = signal<'flow' | 'all'>('flow')
