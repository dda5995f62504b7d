-- needs: base, checks, common, lane_checks
-- Return {the lanes that are due and not held, ms until another one is, at most LOOK_MS}. Hold these lanes until the job
-- of their wake-up starts, and end their old leases.
-- It also corrects times that a clock left too far ahead when it was set back.
-- ARGV[2]: how long a wake-up holds a lane, ms; ARGV[3]: the longest lease, ms
local hold, lease = check_whole(tonumber(ARGV[2]), 'hold', 1), check_whole(tonumber(ARGV[3]), 'lease', 1)

local woken, look_at = {}, now + LOOK_MS
local due = redis.call('ZRANGEBYSCORE', 'lanes:due', '-inf', look_at, 'WITHSCORES')
for i = 1, #due, 2 do
  local at = math.max(tonumber(due[i + 1]), tonumber(redis.call('ZSCORE', 'lanes:held', due[i]) or 0))
  if at <= now then woken[#woken + 1] = due[i] else look_at = math.min(look_at, at) end
end
local later = redis.call('ZRANGEBYSCORE', 'lanes:due', now + USUAL_WAIT + 1, '+inf', 'WITHSCORES')
local astray = {}
for i = 1, #later, 2 do
  local set_at = tonumber(redis.call('HGET', meta_key(later[i]), 'due_set') or nil)
  if is_astray(tonumber(later[i + 1]), set_at) then astray[#astray + 1] = later[i] end
end
local held_astray = redis.call('ZRANGEBYSCORE', 'lanes:held', now + lease + 1, '+inf')

for _, lane in ipairs(woken) do
  redis.call('HDEL', meta_key(lane), 'token')
  redis.call('ZADD', 'lanes:held', now + hold, lane)
end
for _, lane in ipairs(held_astray) do
  redis.call('ZREM', 'lanes:held', lane)
  redis.call('ZADD', 'lanes:held', now + lease, lane)
end
for _, lane in ipairs(astray) do set_due(lane, now) end
if #woken > 0 then
  redis.call('SET', 'lanes:looked', now)
  look_at = math.min(look_at, now + GATHER_MS)
end
if #astray > 0 then look_at = now end
return {woken, look_at - now}
