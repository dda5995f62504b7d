-- needs: base, checks, common, lane_checks, archive, receipts
-- Remove a person's events from a lane: a chunk that has some is replaced by one without them, or removed.
-- The events end as `erased`. Left alone are chunks that a lease was given, because the worker decides how their events
-- end, and places that no longer have the chunk that was read.
-- ARGV[2]: {lane, edits = [{place, sha1 of the chunk as read, receipts = {number, budget}}]}
-- ARGV[3...]: each edit's new chunk, or an empty string; then each edit's receipts, or an empty string
-- returns {events erased, edits of leased chunks, edits of changed chunks}
local ask = cmsgpack.unpack(ARGV[2])
local lane, connection = check_lane(ask.lane, 'lane'), connection_of(ask.lane)
local meta = meta_key(lane)
local REMOVED = ''

local leased = is_leased(lane)
local taken = leased and chunks_taken(lane) or 0
local left, posted = unpack(redis.call('HMGET', meta, 'left', 'posted'))
posted = tonumber(posted or 0)
local erased, freed, busy, changed, removed, removed_posted = 0, 0, 0, 0, 0, 0

-- Return what one edit changes, or nil when the chunk is leased or changed.
local function read_edit(edit, without, receipts)
  local at = check_whole(edit.place, 'place') - tonumber(left or 0)
  local new = without ~= REMOVED and check_chunk(without, 'chunk') or nil
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
    removed = removed + 1
    if at < posted then removed_posted = removed_posted + 1 end
  end
  if receipts and receipts.number > events then refuse('receipts are more than the events') end
  return {receipts = receipts, at = at, chunk = without, size = new and new.events .. ':' .. #without or REMOVED, events = events, day = day_of(chunk)}
end

local changes = {}
for i, edit in ipairs(ask.edits) do
  changes[#changes + 1] = read_edit(
    edit, check_text(ARGV[2 + i], 'chunk'), check_receipts(edit.receipts, ARGV[2 + #ask.edits + i]))
end

redis.call('HDEL', meta, 'step')
if erased == 0 then return {0, busy, changed} end
for _, change in ipairs(changes) do
  redis.call('LSET', lane_key(lane), change.at, change.chunk)
  redis.call('LSET', sizes_key(lane), change.at, change.size)
  raise_day(connection, change.day, {erased = change.events})
end
if removed > 0 then
  redis.call('LREM', lane_key(lane), removed, REMOVED)
  redis.call('LREM', sizes_key(lane), removed, REMOVED)
  redis.call('HINCRBY', meta, 'left', removed)
end
if not leased then
  -- Without its token, a worker with an expired lease settles nothing here. Unsettled claims of removed chunks are void.
  redis.call('HDEL', meta, 'token', 'crashes', 'alone')
  if posted > 0 and posted == removed_posted then
    redis.call('HDEL', meta, 'posted', 'posted_at')
  elseif removed_posted > 0 then
    redis.call('HSET', meta, 'posted', posted - removed_posted)
  end
end
if redis.call('LLEN', lane_key(lane)) == 0 then remove_lane(lane) end
raise_counters('ledger:' .. connection, {erased = erased})
raise_counters('connection:' .. connection, {events = -erased, bytes = -freed})
for _, change in ipairs(changes) do keep_receipts(change.receipts) end
return {erased, busy, changed}
