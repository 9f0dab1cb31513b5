/** Where in a command or event an id stands: `connection`, or one step further `request.registration`. */
export type Path<T> =
  | (keyof T & string)
  | {
      [Key in keyof T & string]: NonNullable<T[Key]> extends object
        ? `${Key}.${StepOf<NonNullable<T[Key]>>}`
        : never
    }[keyof T & string]

type StepOf<T> = T extends readonly unknown[] | string | Uint8Array ? never : keyof T & string

/** The id that stands there, or the ids of a list; empty when it is left out. */
export const idsAt = (value: object, path: string): readonly string[] => {
  let found: unknown = value
  for (const step of path.split('.')) found = (found as Record<string, unknown> | undefined)?.[step]
  if (typeof found === 'string') return [found]
  return Array.isArray(found) ? found.filter(item => typeof item === 'string') : []
}
