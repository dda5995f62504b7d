-- Holds every lane that is due and not held for a moment, ends what is left of an old lease, and returns the lanes.
-- ARGV[2]: how long a wake-up holds, ms
local woken = {}
for _, lane in ipairs(redis.call('ZRANGEBYSCORE', 'lanes:due', '-inf', now)) do
  local held = redis.call('ZSCORE', 'lanes:held', lane)
  if not held or tonumber(held) <= now then
    redis.call('HDEL', meta_key(lane), 'token')
    redis.call('ZADD', 'lanes:held', now + tonumber(ARGV[2]), lane)
    woken[#woken + 1] = lane
  end
end
return woken
