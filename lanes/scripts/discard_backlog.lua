-- needs: base, checks, common, lane_checks, archive, receipts
-- Discard, for good, the leading chunks of a lane whose connection was removed from the configuration.
-- A lane that a worker has leased is left alone: the worker decides how its events end. So is one whose leading chunks are
-- no longer those that were read.
-- ARGV[2]: {lane, sha1s of its leading chunks as read, receipts = {number, budget}}; ARGV[3]: the receipts, or empty
-- returns {events discarded, 1 when the lane is leased, 1 when it has changed}
local ask = cmsgpack.unpack(ARGV[2])
local lane, connection = check_lane(ask.lane, 'lane'), connection_of(ask.lane)
local receipts = check_receipts(ask.receipts, ARGV[3])
local discarded, freed, days = 0, 0, {}

if is_leased(lane) then return {0, 1, 0} end
local chunks, sizes = #ask.sha1s, redis.call('LRANGE', sizes_key(lane), 0, math.max(0, #ask.sha1s - 1))
for i, sha1 in ipairs(ask.sha1s) do
  local chunk = redis.call('LINDEX', lane_key(lane), i - 1)
  if not chunk or redis.sha1hex(chunk) ~= sha1 then return {0, 0, 1} end
  local events, bytes = size_of(sizes[i] or '')
  discarded, freed = discarded + events, freed + bytes
  days[day_of(chunk)] = (days[day_of(chunk)] or 0) + events
end
if receipts and receipts.number > discarded then refuse('receipts are more than the events') end
if chunks == 0 then return {0, 0, 0} end

-- Without its token, a worker with an expired lease settles nothing here. Notes on the leading chunks are void.
redis.call('HDEL', meta_key(lane), 'token', 'posted', 'posted_at', 'step', 'crashes', 'alone')
redis.call('HINCRBY', meta_key(lane), 'left', chunks)
redis.call('LTRIM', lane_key(lane), chunks, -1)
redis.call('LTRIM', sizes_key(lane), chunks, -1)
for day, events in pairs(days) do raise_day(connection, day, {discarded = events}) end
redis.call('ZREM', 'lanes:held', lane)
if redis.call('LLEN', lane_key(lane)) == 0 then remove_lane(lane) end
raise_counters('ledger:' .. connection, {discarded = discarded})
raise_counters('connection:' .. connection, {events = -discarded, bytes = -freed})
keep_receipts(receipts)
return {discarded, 0, 0}
