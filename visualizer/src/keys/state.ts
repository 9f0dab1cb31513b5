/** Whether the list of keys is shown. */
import { signal } from '@preact/signals'

export const showKeys = signal(false)
