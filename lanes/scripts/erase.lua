-- needs: base, checks, common, lane_checks
-- Takes somebody's events out of a lane: a chunk that held some goes, or another without them stands in its place.
-- They end as `erased`. Left alone are chunks that a lease was given, because their outcome is the worker's to tell,
-- and places where no longer stands what was read.
-- ARGV[2]: {lane, edits = [{place, sha1 of the chunk as read}]}; ARGV[3...]: each edit's new chunk, or an empty string
-- returns {events erased, edits of leased chunks, edits of what has changed}
local ask = cmsgpack.unpack(ARGV[2])
local lane, connection = check_lane(ask.lane, 'lane'), connection_of(ask.lane)
local meta = meta_key(lane)
local GRAVE = ''

local leased = is_leased(lane)
local taken = leased and chunks_taken(lane) or 0
local left, posted = unpack(redis.call('HMGET', meta, 'left', 'posted'))
posted = tonumber(posted or 0)
local erased, freed, busy, changed, buried, buried_posted = 0, 0, 0, 0, 0, 0

-- What one edit changes, or nil: a place that is leased, or where no longer stands what was read.
local function read_edit(edit, without)
  local at = check_whole(edit.place, 'place') - tonumber(left or 0)
  local new = without ~= GRAVE and check_chunk(without, 'chunk') or nil
  local chunk = at >= 0 and redis.call('LINDEX', lane_key(lane), at)
  if not chunk or redis.sha1hex(chunk) ~= edit.sha1 then
    changed = changed + 1
    return nil
  elseif at < taken then
    busy = busy + 1
    return nil
  end
  local events = events_in(chunk) - (new and new.events or 0)
  erased, freed = erased + events, freed + #chunk - #without
  if not new then
    buried = buried + 1
    if at < posted then buried_posted = buried_posted + 1 end
  end
  return {at = at, chunk = without, size = new and new.events .. ':' .. #without or GRAVE, events = events, day = day_of(chunk)}
end

local changes = {}
for i, edit in ipairs(ask.edits) do
  changes[#changes + 1] = read_edit(edit, check_text(ARGV[2 + i], 'chunk'))
end

redis.call('HDEL', meta, 'step')
if erased == 0 then return {0, busy, changed} end
for _, change in ipairs(changes) do
  redis.call('LSET', lane_key(lane), change.at, change.chunk)
  redis.call('LSET', sizes_key(lane), change.at, change.size)
  raise_day(connection, change.day, {erased = change.events})
end
if buried > 0 then
  redis.call('LREM', lane_key(lane), buried, GRAVE)
  redis.call('LREM', sizes_key(lane), buried, GRAVE)
  redis.call('HINCRBY', meta, 'left', buried)
end
if not leased then
  -- Without its token a worker that overslept its lease settles nothing here; deaths on what is gone are nobody else's.
  redis.call('HDEL', meta, 'token', 'crashes', 'alone')
  if posted > 0 and posted == buried_posted then
    redis.call('HDEL', meta, 'posted', 'posted_at')
  elseif buried_posted > 0 then
    redis.call('HSET', meta, 'posted', posted - buried_posted)
  end
end
if redis.call('LLEN', lane_key(lane)) == 0 then remove_lane(lane) end
raise_counters('ledger:' .. connection, {erased = erased})
raise_counters('connection:' .. connection, {events = -erased, bytes = -freed})
return {erased, busy, changed}
