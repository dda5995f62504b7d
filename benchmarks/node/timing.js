// Runs a mapper for some seconds of wall time and says how many events it mapped and what that took.

// `some(count, offset)` maps `count` events from `offset` on and returns how long their bodies are together.
module.exports.measure = async (some, warmUp, seconds) => {
  await some(warmUp, 0) // lets V8 compile it
  let events = 0
  let bodies = 0
  const began = process.hrtime.bigint()
  const cpu = process.cpuUsage()
  const elapsed = () => Number(process.hrtime.bigint() - began) / 1e9
  while (elapsed() < Number(seconds)) {
    bodies += await some(100, events)
    events += 100
  }
  const took = elapsed()
  const used = process.cpuUsage(cpu)
  return JSON.stringify({ events, seconds: took, cpu_s: (used.user + used.system) / 1e6, bodies })
}
