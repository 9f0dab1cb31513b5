/** Where in a command or event an id stands: `connection`, or one step further `request.registration`. */
export type Path<T> =
  | (keyof T & string)
  | {
      [Key in keyof T & string]: NonNullable<T[Key]> extends object
        ? `${Key}.${StepOf<NonNullable<T[Key]>>}`
        : never
    }[keyof T & string]

type StepOf<T> = T extends readonly unknown[] | string | Uint8Array ? never : keyof T & string

/** The ids that stand there, in a list those of all its members; none when it is left out. */
export const idsAt = (value: object, path: string): readonly string[] => {
  let found: readonly unknown[] = [value]
  for (const step of path.split('.'))
    found = found.flatMap(one =>
      typeof one === 'object' && one !== null ? (one as Record<string, unknown>)[step] : [],
    )
  return found.filter(one => typeof one === 'string')
}

/** What stands there, where it is neither left out nor a text. */
export const isNoId = (value: object, path: string): boolean => {
  let found: unknown = value
  for (const step of path.split('.'))
    found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[step] : undefined
  return found !== undefined && typeof found !== 'string'
}
