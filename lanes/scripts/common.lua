-- Keys
--   lane:<name>            list   the chunks that wait, oldest first; <name> is <connection>:<n>
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
--                                 due_set      when its due time was set, if that lies ahead
--                                 last_error   JSON for people, until a step goes well
--   lanes:due              zset   when work on a lane may next happen; a lane is in it if and only if its list is not empty
--   lanes:held             zset   until when someone has a promise on a lane: a wake-up in flight, or a lease
--   lanes:connections           set    every connection that ever had anything
--   connection:<connection>          hash   state (absent: healthy), until, until_set (when `until` was set), by, what, probes, fingerprint
--                                 trouble      1 while its last request failed or was slow
--                                 spacing      while it recovers from a throttle: how far apart its requests are, ms;
--                                 spaced_until: before when there is no next one
--                                 refused, refusals, refused_since: events refused, by how many requests, since when,
--                                              with none delivered in between: what trips the circuit_breaker
--                                 delivered_at; events and bytes that wait, kept as sums for limits and messages
--                                 dead_letter_bytes  what its dead letters hold;  dead_letter_share: what they may hold, where that
--                                              has paused the connection (`by` is then "dead_letters")
--   ledger:<connection>          hash   counters that only rise
--   ledger:input:<id>       hash   the same for an input
--   days:<connection>:<day>     hash   the same by the day (since 1970, UTC) on which the events were received, under finer names
--   days:<connection>           zset   those days, and when one of their counts last began: `lanes/daily_counts.py` removes the oldest
--   dead_letters:<connection>        hash   dead letters by id
--   dead_letters:<connection>:labels hash   each letter's label, which says nothing here;  dead_letters:<connection>:counts: letters by label
--   dead_letters:<connection>:shared hash   what several letters have in common, once, by an id;  dead_letters:<connection>:refs: how many
--                                 letters need each;  dead_letters:<connection>:uses: the id that a letter needs, if it needs one
--   measures:<connection>       hash   further counters that only rise, raised by settle; what they mean is their readers' affair
-- The rules for times, maxmemory and the order of checks and writes stand in `store/scripts/base.lua`.

local PAGE = 1000
local DAY = 86400000
local USUAL_WAIT, LONGEST_WAIT = 300000, 3600000  -- only a wait that TikTok asks for is longer than the usual
local ROOM_AGAIN = 0.9  -- a connection paused for its dead letters goes on once they hold less than this part of their share
local FIRST_SPACING, LEAST_SPACING, MOST_SPACING = 1000, 50, 60000

local function lane_key(lane) return 'lane:' .. lane end
local function sizes_key(lane) return 'lane:' .. lane .. ':sizes' end
local function meta_key(lane) return 'lane:' .. lane .. ':meta' end
local function connection_of(lane) return string.match(lane, '^(.-):%d+$') end

local function events_in(chunk) return (struct.unpack('>I4', chunk, 3)) end

local function size_of(entry)
  local events, bytes = string.match(entry, '^(%d+):(%d+)$')
  return tonumber(events or 0), tonumber(bytes or 0)
end

-- The day on which a chunk's events were received.
local function day_of(chunk) return math.floor(struct.unpack('>I8', chunk, 7) / DAY) end

-- Counts events of a day. No day expires by itself: a clock that is wrong for a moment would take the ledger's days away.
local function raise_day(connection, day, counts)
  local key = 'days:' .. connection .. ':' .. day
  local began = false
  for name, count in pairs(counts) do
    if count ~= 0 and redis.call('HINCRBY', key, name, count) == count then began = true end
  end
  if began then
    redis.call('PERSIST', key)
    redis.call('ZADD', 'days:' .. connection, now, day)
  end
end

local function push(lane, chunk, side)
  redis.call(side, lane_key(lane), chunk.bytes)
  redis.call(side, sizes_key(lane), chunk.events .. ':' .. #chunk.bytes)
  raise_counters('connection:' .. connection_of(lane), {events = chunk.events, bytes = #chunk.bytes})
end

-- Sets when work on a lane may next happen.
local function set_due(lane, due)
  redis.call('ZREM', 'lanes:due', lane)
  redis.call('ZADD', 'lanes:due', due, lane)
  if due > now then redis.call('HSET', meta_key(lane), 'due_set', now) else redis.call('HDEL', meta_key(lane), 'due_set') end
end

local function remove_lane(lane)
  redis.call('ZREM', 'lanes:due', lane)
  redis.call('ZREM', 'lanes:held', lane)
  redis.call('HDEL', meta_key(lane), 'due_set')
end

-- Whether a time that lies ahead, set at `set_at`, cannot be meant: Redis's clock was set back since, or it is later than
-- the longest wait.
local function is_astray(at, set_at)
  if at <= now + USUAL_WAIT then return false end
  return not set_at or set_at > now or at > now + LONGEST_WAIT
end

local PAUSE_FIELDS = {'state', 'until', 'until_set', 'by', 'what', 'probes', 'fingerprint', 'dead_letter_share'}

local function set_until(key, until_) redis.call('HSET', key, 'until', until_, 'until_set', now) end

local function is_leased(lane)
  local held = redis.call('ZSCORE', 'lanes:held', lane)
  return held and tonumber(held) > now and redis.call('HEXISTS', meta_key(lane), 'token') == 1
end

-- Leading chunks that the lane's lease was given; all of them when its worker did not say, as older ones do not.
local function chunks_taken(lane)
  local token, taken = unpack(redis.call('HMGET', meta_key(lane), 'token', 'taken'))
  return tonumber(string.match(taken or '', '^' .. token .. ':(%d+)$')) or math.huge
end

-- Lets a group's waiting lanes be woken at once: at `due` when given, else when they are due anyway.
local function free_lanes(connection, due)
  for n = 0, LANES - 1 do
    local lane = connection .. ':' .. n
    if not is_leased(lane) then
      redis.call('ZREM', 'lanes:held', lane)
      if due and redis.call('ZSCORE', 'lanes:due', lane) then set_due(lane, due) end
    end
  end
end

local function end_pause(connection)
  redis.call('HDEL', 'connection:' .. connection, unpack(PAUSE_FIELDS))
  free_lanes(connection, now)
end
