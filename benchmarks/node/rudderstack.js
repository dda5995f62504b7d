// Maps events with RudderStack's own public mapper to TikTok, one process() call an event.
// node rudderstack.js BUILD FILE SECONDS: BUILD holds its transpiled sources, FILE one request's JSON a line.
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const [build, file, seconds] = process.argv.slice(2)

require('node:https').request = () => {
  throw new Error('nothing may leave this machine')
}
const { process: map } = require(join(build, 'v0/destinations/tiktok_ads/transform.js'))
const lines = readFileSync(file, 'utf8').trim().split('\n')
let bodies = 0

async function some(count, offset) {
  for (let n = 0; n < count; n++) {
    bodies += JSON.stringify(await map(JSON.parse(lines[(offset + n) % lines.length]))).length
  }
}

async function main() {
  await some(3000, 0) // lets V8 compile it
  bodies = 0
  let events = 0
  const began = process.hrtime.bigint()
  const cpu = process.cpuUsage()
  const elapsed = () => Number(process.hrtime.bigint() - began) / 1e9
  while (elapsed() < Number(seconds)) {
    await some(100, events)
    events += 100
  }
  const took = elapsed()
  const used = process.cpuUsage(cpu)
  process.stdout.write(`\n${JSON.stringify({ events, seconds: took, cpu_s: (used.user + used.system) / 1e6, bodies })}\n`)
  process.exit(0)
}

main()
