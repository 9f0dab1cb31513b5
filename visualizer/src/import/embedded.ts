/** The trace that an exported page holds. */

export const embeddedId = 'sipactor-trace'

export const embeddedTrace = (): { readonly text: string; readonly name: string } | undefined => {
  const element = document.getElementById(embeddedId)
  if (!element) return undefined
  return { text: element.textContent ?? '', name: element.dataset.name ?? 'trace' }
}
