#!/usr/bin/env node
/** The program `sipactor`: standard streams, signals and exit status around `run`. */
import { nodeIo } from './node-io.ts'
import { run } from './program.ts'

process.exitCode = 0
void run(process.argv.slice(2), nodeIo(process)).then(status => {
  process.exitCode = status
})
