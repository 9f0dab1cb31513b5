/** The hooks that the page uses. */

export type { RefObject } from 'preact'
export { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
