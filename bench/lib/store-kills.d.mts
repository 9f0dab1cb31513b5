/** Types of `store-kills.mjs` for the tests. */
export declare const killWriters: (options: {
  readonly node?: string
  /** A file that exports `sqliteProfileStore`. */
  readonly module: string
  readonly path: string
  readonly driver: 'node' | 'wasm'
  readonly kills: number
  readonly seed?: number
}) => Promise<{ readonly writes: number; readonly confirmed: number }>
