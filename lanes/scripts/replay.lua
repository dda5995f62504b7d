-- Sends dead letters again: each leaves the store and joins a lane in one go, so none is lost and none goes twice.
-- A letter that is gone, or no longer as it was read, is left alone. Returns the ids of those that went.
-- Letters end as `replayed` one for one; what a source weighs beyond one is `extra`, as when it was first mapped.
-- ARGV[2]: {group, letters = [{id, sha1 of the letter as read, lane}]}; ARGV[3...]: each letter's source as a chunk
local ask, went, counts = cmsgpack.unpack(ARGV[2]), {}, {replayed = 0, extra = 0}
local store = 'letters:' .. ask.group
for i, letter in ipairs(ask.letters) do
  local stored, chunk = redis.call('HGET', store, letter.id), ARGV[2 + i]
  if stored and redis.sha1hex(stored) == letter.sha1 then
    drop_letter(ask.group, letter.id)
    push(letter.lane, chunk, 'RPUSH')
    redis.call('ZADD', 'lanes:due', 'NX', now, letter.lane)
    local extra = events_in(chunk) - 1
    counts.replayed, counts.extra = counts.replayed + 1, counts.extra + extra
    raise_day(ask.group, day_of(chunk), {replayed = 1, extra = extra})
    went[#went + 1] = letter.id
  end
end
raise_counters('books:' .. ask.group, counts)
return went
