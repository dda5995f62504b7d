// Maps events with RudderStack's own public mapper to TikTok, one process() call an event.
// node rudderstack.js BUILD FILE SECONDS: BUILD holds its transpiled sources, FILE one request's JSON a line.
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { measure } = require('./timing.js')
const [build, file, seconds] = process.argv.slice(2)

require('node:https').request = () => {
  throw new Error('nothing may leave this machine')
}
const { process: map } = require(join(build, 'v0/destinations/tiktok_ads/transform.js'))
const lines = readFileSync(file, 'utf8').trim().split('\n')

async function some(count, offset) {
  let bodies = 0
  for (let n = 0; n < count; n++) {
    bodies += JSON.stringify(await map(JSON.parse(lines[(offset + n) % lines.length]))).length
  }
  return bodies
}

measure(some, 3000, seconds).then((done) => {
  process.stdout.write(`\n${done}\n`)
  process.exit(0)
})
