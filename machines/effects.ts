/**
 * The vocabulary of effects: what a machine may ask of the world, by name and with typed parameters.
 * `src/engine/effects.ts` performs each of them, in one place.
 */
export {}
