-- needs: base, checks, common, lane_checks
-- Discard, for good, part of the backlog of a connection that was removed from the configuration.
-- A lane that a worker has leased is left alone: the worker decides how its events end.
-- ARGV[2]: connection; ARGV[3]: the most chunks to discard; returns {events discarded, lanes that are leased}
local connection, room = check_text(ARGV[2], 'connection'), check_whole(tonumber(ARGV[3]), 'chunks', 1)
local discarded, freed, leased = 0, 0, 0

-- Count the leading chunks of a lane, and their events by the day of receipt.
local function read_lane(lane)
  local sizes, days = redis.call('LRANGE', sizes_key(lane), 0, room - 1), {}
  for i, entry in ipairs(sizes) do
    local events, bytes = size_of(entry)
    discarded, freed = discarded + events, freed + bytes
    local day = day_of(redis.call('LINDEX', lane_key(lane), i - 1))
    days[day] = (days[day] or 0) + events
  end
  room = room - #sizes
  return {lane = lane, chunks = #sizes, days = days}
end

local function discard(part)
  local lane = part.lane
  -- Without its token, a worker with an expired lease settles nothing here. Notes on the leading chunks are void.
  redis.call('HDEL', meta_key(lane), 'token', 'posted', 'posted_at', 'step', 'crashes', 'alone')
  redis.call('HINCRBY', meta_key(lane), 'left', part.chunks)
  redis.call('LTRIM', lane_key(lane), part.chunks, -1)
  redis.call('LTRIM', sizes_key(lane), part.chunks, -1)
  for day, events in pairs(part.days) do raise_day(connection, day, {discarded = events}) end
  redis.call('ZREM', 'lanes:held', lane)
  if redis.call('LLEN', lane_key(lane)) == 0 then remove_lane(lane) end
end

local parts = {}
for n = 0, LANES - 1 do
  local lane = connection .. ':' .. n
  if is_leased(lane) then
    leased = leased + 1
  elseif room > 0 and redis.call('EXISTS', lane_key(lane)) == 1 then
    parts[#parts + 1] = read_lane(lane)
  end
end

for _, part in ipairs(parts) do discard(part) end
raise_counters('ledger:' .. connection, {discarded = discarded})
raise_counters('connection:' .. connection, {events = -discarded, bytes = -freed})
return {discarded, leased}
