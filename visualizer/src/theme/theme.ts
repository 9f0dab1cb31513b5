/** Dark or light: as the system has it, until someone chooses. */
import { signal } from '@preact/signals'

const system = matchMedia('(prefers-color-scheme: light)')
const name = 'sipactor-theme'

const kept = (): string | null => {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

export const theme = signal<'dark' | 'light'>('dark')

const apply = (): void => {
  document.documentElement.dataset.theme = theme.peek()
}

const follow = (): void => {
  const chosen = kept()
  theme.value = chosen === 'dark' || chosen === 'light' ? chosen : system.matches ? 'light' : 'dark'
  apply()
}

export const toggleTheme = (): void => {
  theme.value = theme.peek() === 'dark' ? 'light' : 'dark'
  try {
    localStorage.setItem(name, theme.peek())
  } catch {
    // A page of a file may have no storage: then the choice lasts as long as the page.
  }
  apply()
}

export const startTheme = (): void => {
  follow()
  system.addEventListener('change', follow)
}
