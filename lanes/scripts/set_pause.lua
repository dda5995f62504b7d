-- needs: base, checks, common, lane_checks
-- Pause a connection, or resume it. An operator's pause outlasts one that the configuration causes.
-- ARGV[2]: connection; ARGV[3]: state, or 'healthy'; ARGV[4]: pause, ms; ARGV[5]: {by, what, ...} to keep beside it
local connection, state = check_text(ARGV[2], 'connection'), check_text(ARGV[3], 'state')
local pause = check_whole(tonumber(ARGV[4]), 'pause')
local details = cmsgpack.unpack(ARGV[5])
for name, value in pairs(details) do check_text(value, name) end
local key = 'connection:' .. connection
if (state == 'disabled' or state == 'removed') and redis.call('HGET', key, 'by') == 'operator' then
  return redis.status_reply('OK')
end
redis.call('HDEL', key, 'refused', 'refusals', 'refused_since', 'spacing', 'spaced_until', unpack(PAUSE_FIELDS))
if state == 'healthy' then
  free_lanes(connection, now)
  return redis.status_reply('OK')
end
set_until(key, now + pause)
redis.call('HSET', key, 'state', state)
for name, value in pairs(details) do redis.call('HSET', key, name, value) end
redis.call('SADD', 'lanes:connections', connection)
return redis.status_reply('OK')
