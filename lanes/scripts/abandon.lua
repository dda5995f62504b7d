-- Gives up, for good, some of what waits in a group that is not to be delivered any more; it ends as `forgotten`.
-- Nothing of a lane that a worker has leased is touched: its outcome is the worker's to tell.
-- ARGV[2]: group; ARGV[3]: chunks to give up at most; returns {events given up, lanes that are leased}
local group, room = ARGV[2], tonumber(ARGV[3])
local forgotten, freed, leased = 0, 0, 0

local function give_up(lane)
  local sizes = redis.call('LRANGE', sizes_key(lane), 0, room - 1)
  local days = {}
  for i, entry in ipairs(sizes) do
    local events, bytes = size_of(entry)
    forgotten, freed = forgotten + events, freed + bytes
    local day = day_of(redis.call('LINDEX', lane_key(lane), i - 1))
    days[day] = (days[day] or 0) + events
  end
  room = room - #sizes
  -- Without its token a worker that overslept its lease settles nothing here; what was noted of leading chunks is void.
  redis.call('HDEL', meta_key(lane), 'token', 'posted', 'posted_at', 'step', 'crashes', 'alone')
  redis.call('HINCRBY', meta_key(lane), 'left', #sizes)
  redis.call('LTRIM', lane_key(lane), #sizes, -1)
  redis.call('LTRIM', sizes_key(lane), #sizes, -1)
  for day, events in pairs(days) do raise_day(group, day, {forgotten = events}) end
  redis.call('ZREM', 'lanes:held', lane)
  if redis.call('LLEN', lane_key(lane)) == 0 then redis.call('ZREM', 'lanes:due', lane) end
end

for n = 0, LANES - 1 do
  local lane = group .. ':' .. n
  if is_leased(lane) then
    leased = leased + 1
  elseif room > 0 and redis.call('EXISTS', lane_key(lane)) == 1 then
    give_up(lane)
  end
end
raise_counters('books:' .. group, {forgotten = forgotten})
raise_counters('group:' .. group, {events = -forgotten, bytes = -freed})
return {forgotten, leased}
