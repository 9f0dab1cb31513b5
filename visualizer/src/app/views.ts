/** The views of the page. */
import type { View } from '../store/place.ts'

export const viewNames: readonly { readonly id: View; readonly title: string }[] = [
  { id: 'ladder', title: 'Ladder' },
  { id: 'actors', title: 'Actors' },
]
