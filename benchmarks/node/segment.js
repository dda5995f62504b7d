// Maps Segment events to TikTok's with Segment's own published code, its one network call answered on the spot.
// node segment.js FILE SECONDS: FILE holds one event's JSON a line; prints what was done as JSON.
const { readFileSync } = require('node:fs')
const { measure } = require('./timing.js')
const [file, seconds] = process.argv.slice(2)

const core = require.resolve('@segment/actions-core')
const path = require.resolve('cross-fetch', { paths: [core] })
const real = require(path)
let bodies = 0
const answered = async (request) => {
  bodies += (await request.text()).length
  return new real.Response('{"code":0,"message":"OK"}', { headers: { 'content-type': 'application/json' } })
}
require.cache[path].exports = Object.assign(answered, real, { default: answered, fetch: answered })
require('node:https').request = () => {
  throw new Error('nothing may leave this machine')
}

const { Destination } = require('@segment/actions-core')
const { default: definition } = require('@segment/action-destinations/dist/destinations/tiktok-conversions')

// The two presets that map several products; Segment's preset for Add To Cart maps one only.
const subscriptions = definition.presets
  .filter((preset) => /"(Order Completed|Checkout Started)"/.test(preset.subscribe))
  .map((preset) => ({ ...preset, enabled: true }))
const settings = { accessToken: 'token-of-the-bench', pixelCode: 'CUSG5HBC77UD11VVRQEG', subscriptions }
const destination = new Destination(definition)
const lines = readFileSync(file, 'utf8').trim().split('\n')

async function some(count, offset) {
  const before = bodies
  for (let n = 0; n < count; n++) await destination.onEvent(JSON.parse(lines[(offset + n) % lines.length]), settings)
  return bodies - before
}

measure(some, 500, seconds).then(console.log)
