-- needs: base, checks
-- Admits one try of something that must not be tried often, and counts it; else returns how many ms to wait.
-- It removes before it adds, so that it works at maxmemory.
-- ARGV[2]: the limits that must all allow it: [{key, free, first, most, kept}]: tries that are free, the first wait
-- after them, which doubles up to the most, and how long tries are remembered, in ms.
local limits, wait = cmsgpack.unpack(ARGV[2]), 0
for _, limit in ipairs(limits) do
  check_text(limit.key, 'key')
  for _, name in ipairs({'free', 'first', 'most', 'kept'}) do check_whole(limit[name], name) end
  -- A longer wait than the longest is one that Redis's clock, set back since, has made.
  wait = math.max(wait, math.min(limit.most, tonumber(redis.call('HGET', limit.key, 'until') or 0) - now))
  limit.tries = tonumber(redis.call('HGET', limit.key, 'tries') or 0) + 1
end
if wait > 0 then return wait end
for _, limit in ipairs(limits) do
  local tries = limit.tries
  local pause = tries < limit.free and 0 or math.min(limit.most, limit.first * 2 ^ (tries - limit.free))
  redis.call('DEL', limit.key)
  redis.call('HSET', limit.key, 'tries', tries, 'until', string.format('%.0f', now + pause))
  redis.call('PEXPIRE', limit.key, limit.kept)
end
return 0
