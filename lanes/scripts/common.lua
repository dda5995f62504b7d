-- Keys
--   lane:<name>            list   the chunks that wait, oldest first; <name> is <group>:<n>
--   lane:<name>:sizes      list   "events:bytes" of each chunk, in step with the chunks, so that counting reads no bodies
--   lane:<name>:meta       hash   token        who holds the lane; it is a lease only while lanes:held says so too
--                                 taken        <token>:<leading chunks that its lease was given>
--                                 head         settles this lane has ever had; it outlives the lane's emptiness
--                                 left         about how many chunks ever left the lane: what stands at index i of the
--                                              list is at place left + i, and nothing ever comes to have a smaller place
--                                 crashes      claims since the last settle: the process that made them died
--                                 alone        those of them that took a single event
--                                 attempts     retryable answers in a row;  failing_since: when the first of them came
--                                 limit        events the next claim may take (absent: as many as it asks for)
--                                 step         events the first request of the next claim takes (absent: all)
--                                 posted       leading chunks whose outcome is unknown;  posted_at: since when
--                                 last_error   JSON for people, until a step goes well
--   lanes:due              zset   when work on a lane may next happen; a lane is in it if and only if its list is not empty
--   lanes:held             zset   until when someone has a promise on a lane: a wake-up in flight, or a lease
--   lanes:groups           set    every group that ever had anything
--   group:<group>          hash   state (absent: healthy), until, by, what, probes, fingerprint
--                                 trouble      1 while its last request failed or was slow
--                                 spacing      while it recovers from a throttle: how far apart its requests are, ms;
--                                 spaced_until: before when there is no next one
--                                 refused, refusals, refused_since: events refused, by how many requests, since when,
--                                              with none delivered in between: what trips the valve
--                                 delivered_at; events and bytes that wait, kept as sums for limits and messages
--   books:<group>          hash   counters that only rise
--   books:input:<id>       hash   the same for an input
--   days:<group>:<day>     hash   the same by the day (since 1970, UTC) on which the events were received, under finer names
--   letters:<group>        hash   dead letters by id
--   letters:<group>:labels hash   each letter's label, which says nothing here;  letters:<group>:counts: letters by label
--   measures:<group>       hash   further counters that only rise, raised by settle; what they mean is their readers' affair
--   counts:<name>          hash   counters that processes keep for themselves and bring in bundles (`lanes/bundles.py`)
--   counts:<name>:<process> string the number of the last bundle that process brought, until it expires
--   watch:turn             string the token of whoever watches the groups now, until it expires (`lanes/watch.py`)
--   watch:notes            hash   what the watcher remembers of each group, opaque here
--   memory:<hmac>          string what `lanes/memory.py` remembers of someone, until it expires; no script reads it
--   memory:secret          string what those names are made with where there is no encryption key
--   once:<what>            string there while nobody else need do something (`lanes/turns.py`); no script reads it
--   audit:<what>           list   who was shown personal data, who erased some (`lanes/audit.py`); no script reads it
--   visitors:session:<digest> string who is signed in to the console, until it expires;  visitors:tries:<digest> hash  tries,
--                                 until: sign-ins tried by somebody, or by everybody (`lanes/visitors.py`)
-- Times are Unix milliseconds of Redis's clock; ARGV[1], empty but in tests, replaces it.
-- At maxmemory a script may write only after a write that frees. So each but `append` opens with one.

local LANES = 4
local PAGE = 1000
local UNTIL_ASKED_AGAIN = 60000
local DAY = 86400000
local DAYS_KEPT_S = 90 * 86400
local FIRST_SPACING, LEAST_SPACING, MOST_SPACING = 1000, 50, 60000

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local function lane_key(lane) return 'lane:' .. lane end
local function sizes_key(lane) return 'lane:' .. lane .. ':sizes' end
local function meta_key(lane) return 'lane:' .. lane .. ':meta' end
local function group_of(lane) return string.match(lane, '^(.-):%d+$') end

local function events_in(chunk) return (struct.unpack('>I4', chunk, 3)) end

local function size_of(entry)
  local events, bytes = string.match(entry, '^(%d+):(%d+)$')
  return tonumber(events), tonumber(bytes)
end

-- Skips what is zero: Redis 6.2 and 7.0 refuse the -0 that Lua makes of minus nothing.
local function raise_counters(key, counts)
  for name, count in pairs(counts) do
    if count ~= 0 then redis.call('HINCRBY', key, name, count) end
  end
end

-- The day on which a chunk's events were received.
local function day_of(chunk) return math.floor(struct.unpack('>I8', chunk, 7) / DAY) end

-- Counts events of a day. A count that begins makes the whole day's last for another 90 days.
local function raise_day(group, day, counts)
  local key = 'days:' .. group .. ':' .. day
  for name, count in pairs(counts) do
    if count ~= 0 and redis.call('HINCRBY', key, name, count) == count then redis.call('EXPIRE', key, DAYS_KEPT_S) end
  end
end

local function push(lane, chunk, side)
  local events, group = events_in(chunk), 'group:' .. group_of(lane)
  redis.call(side, lane_key(lane), chunk)
  redis.call(side, sizes_key(lane), events .. ':' .. #chunk)
  raise_counters(group, {events = events, bytes = #chunk})
end

-- Letters are counted by label as they come and go, for nobody wants to read a hundred thousand to count them.
local function keep_letter(group, id, label, letter)
  local store = 'letters:' .. group
  redis.call('HSET', store, id, letter)
  redis.call('HSET', store .. ':labels', id, label)
  redis.call('HINCRBY', store .. ':counts', label, 1)
end

-- Takes a letter out of the store, for whichever reason the caller then counts; whether it was there.
local function drop_letter(group, id)
  local store = 'letters:' .. group
  if redis.call('HDEL', store, id) == 0 then return false end
  local label = redis.call('HGET', store .. ':labels', id)
  if label then
    redis.call('HDEL', store .. ':labels', id)
    if redis.call('HINCRBY', store .. ':counts', label, -1) <= 0 then redis.call('HDEL', store .. ':counts', label) end
  end
  return true
end

local function is_leased(lane)
  local held = redis.call('ZSCORE', 'lanes:held', lane)
  return held and tonumber(held) > now and redis.call('HEXISTS', meta_key(lane), 'token') == 1
end

-- Leading chunks that the lane's lease was given; all of them when its worker did not say, as older ones do not.
local function chunks_taken(lane)
  local token, taken = unpack(redis.call('HMGET', meta_key(lane), 'token', 'taken'))
  return tonumber(string.match(taken or '', '^' .. token .. ':(%d+)$')) or math.huge
end

local function other_leases(lane)
  local group, running = group_of(lane), 0
  for n = 0, LANES - 1 do
    local sibling = group .. ':' .. n
    if sibling ~= lane and is_leased(sibling) then running = running + 1 end
  end
  return running
end

-- Lets a group's waiting lanes be woken at once: at `due` when given, else when they are due anyway.
local function free_lanes(group, due)
  for n = 0, LANES - 1 do
    local lane = group .. ':' .. n
    if not is_leased(lane) then
      redis.call('ZREM', 'lanes:held', lane)
      if due then redis.call('ZADD', 'lanes:due', 'XX', due, lane) end
    end
  end
end

local function put_off(lane, due)
  redis.call('ZREM', 'lanes:held', lane)
  redis.call('ZADD', 'lanes:due', 'XX', due, lane)
end

-- Why the lane's group allows no claim now, or nil. A group at rest puts the lane off until then, so it wakes nobody.
local function refused_by_group(lane)
  local state, until_, by, trouble, spaced_until = unpack(
    redis.call('HMGET', 'group:' .. group_of(lane), 'state', 'until', 'by', 'trouble', 'spaced_until'))
  local rest = tonumber(until_ or 0)
  if state and by == 'operator' then rest = now + UNTIL_ASKED_AGAIN end
  if state and rest > now then
    put_off(lane, rest)
    return state
  end
  local allowed = (state or trouble or spaced_until) and 1 or LANES
  if other_leases(lane) >= allowed then return 'busy' end
  if tonumber(spaced_until or 0) > now then
    put_off(lane, spaced_until)
    return 'busy'
  end
  return nil
end

-- Marks the chunks of a POST whose outcome nobody learnt, unless an earlier mark is there.
local function stamp_posted(lane)
  local posted, at = unpack(redis.call('HMGET', meta_key(lane), 'posted', 'posted_at'))
  for i = 0, tonumber(posted or 0) - 1 do
    local chunk = redis.call('LINDEX', lane_key(lane), i)
    if chunk and struct.unpack('>I8', chunk, 15) == 0 then
      redis.call('LSET', lane_key(lane), i, string.sub(chunk, 1, 14) .. struct.pack('>I8', tonumber(at)) .. string.sub(chunk, 23))
    end
  end
  redis.call('HDEL', meta_key(lane), 'posted', 'posted_at')
end

-- Gives the lane to `ask.token`: a lease, and the leading chunks up to the limits, always at least the first.
local function grant(lane, ask)
  local meta, group = meta_key(lane), 'group:' .. group_of(lane)
  redis.call('HDEL', meta, 'token')
  stamp_posted(lane)
  local head, crashes, alone, attempts, since, stored, step = unpack(
    redis.call('HMGET', meta, 'head', 'crashes', 'alone', 'attempts', 'failing_since', 'limit', 'step'))
  local limit = math.min(tonumber(stored or ask.events), ask.events)
  if tonumber(crashes or 0) > 0 then
    limit = math.max(1, math.floor(limit / 2))
    redis.call('HSET', meta, 'limit', limit)
  end
  redis.call('HSET', meta, 'token', ask.token)
  redis.call('HINCRBY', meta, 'crashes', 1)
  local state, delivered_at, probes, spacing = unpack(redis.call('HMGET', group, 'state', 'delivered_at', 'probes', 'spacing'))
  if state == 'paused' then
    limit = math.min(limit, ask.probe)
    redis.call('HSET', group, 'until', now + ask.lease)
  end
  if limit == 1 then redis.call('HINCRBY', meta, 'alone', 1) end
  redis.call('ZADD', 'lanes:held', now + ask.lease, lane)

  local count, events, bytes = 0, 0, 0
  for i, entry in ipairs(redis.call('LRANGE', sizes_key(lane), 0, PAGE - 1)) do
    local more_events, more_bytes = size_of(entry)
    events, bytes = events + more_events, bytes + more_bytes
    if i > 1 and (events > limit or bytes > ask.bytes) then break end
    count = i
  end
  redis.call('HSET', meta, 'taken', ask.token .. ':' .. count)
  local terms = {
    head = tonumber(head or 0), now = now, limit = limit, alone = tonumber(alone or 0), attempts = tonumber(attempts or 0),
    failing_since = tonumber(since or 0), step = tonumber(step or 0), probes = tonumber(probes or 0),
    probing = state ~= false, spaced = spacing ~= false, delivered_at = tonumber(delivered_at or 0),
  }
  return {'granted', cmsgpack.pack(terms), redis.call('LRANGE', lane_key(lane), 0, count - 1)}
end
