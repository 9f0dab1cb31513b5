/** What can be taken away. */
export const ExportMenu = () => null
