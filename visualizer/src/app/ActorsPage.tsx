/** Every actor at the playhead. */
export const ActorsPage = () => null
