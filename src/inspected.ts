/** How `console.log` of Node shows an object: by a method of a name that needs nothing of Node. */

/** What Node hands in to show a part. */
type Inspect = (value: unknown, options: object) => string

/** Gives a class the method; it is not enumerable, and no type tells of it. */
export const inspectedAs = <T extends object>(
  prototype: T,
  show: (object: T, inspect: (part: unknown) => string) => string,
): void => {
  Object.defineProperty(prototype, Symbol.for('nodejs.util.inspect.custom'), {
    configurable: true,
    value(this: T, _depth: number, options: object, inspect?: Inspect): string {
      return show(this, part => inspect?.(part, options) ?? String(part))
    },
  })
}
