/** The page of the inspector: one script and one style beside index.html, by relative paths, no inline code. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  // It lives under a path that holds a token, and in a file.
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('../dist/visualizer', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_500,
    // An exported trace holds the page: it has to be one script.
    rolldownOptions: { output: { codeSplitting: false } },
  },
})
