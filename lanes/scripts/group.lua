-- Puts a group to rest, or resumes it. An operator's pause is deeper than a configuration's, and stays.
-- ARGV[2]: group; ARGV[3]: state, or 'healthy'; ARGV[4]: rest, ms; ARGV[5]: {by, what, ...} to keep beside it
local group, state = ARGV[2], ARGV[3]
local key = 'group:' .. group
if (state == 'disabled' or state == 'removed') and redis.call('HGET', key, 'by') == 'operator' then
  return redis.status_reply('OK')
end
redis.call('HDEL', key, 'state', 'until', 'by', 'what', 'probes', 'fingerprint', 'refused', 'refusals', 'refused_since',
  'spacing', 'spaced_until')
if state == 'healthy' then
  free_lanes(group, now)
  return redis.status_reply('OK')
end
redis.call('HSET', key, 'state', state, 'until', now + tonumber(ARGV[4]))
for name, value in pairs(cmsgpack.unpack(ARGV[5])) do redis.call('HSET', key, name, value) end
redis.call('SADD', 'lanes:groups', group)
return redis.status_reply('OK')
