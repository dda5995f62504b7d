-- needs: base, checks
-- Count an attempt that every limit allows. Returns 0, or how many ms to wait when a limit forbids it.
-- It removes before it adds, so that it works at maxmemory.
-- ARGV[2]: [{key, free, first, most, kept}]: attempts that are free, the first wait after them, which doubles up to `most`,
-- and how long the count is kept; in ms
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
