-- Keys of the queue. <lane> is <connection>:<n>, n from 0.
--   lane:<lane>              list  the chunks that wait, oldest first
--   lane:<lane>:sizes        list  "events:bytes" of each chunk, in the same order, so that counting reads no chunk
--   lane:<lane>:meta         hash  token         the token of the lease; the lease lasts until its time in lanes:held
--                                  taken         <token>:<number of leading chunks that the lease was given>
--                                  head          settlements that this lane ever had; it stays when the lane is empty
--                                  left          chunks that ever left the lane, about: the chunk at index i of the list
--                                                has the place left + i, and no event ever gets a smaller place
--                                  crashes       claims since the last settlement: their processes did not settle
--                                  alone         those of them that took a single event
--                                  attempts      retryable answers in a row;  failing_since: time of the first
--                                  limit         events that the next claim may take (absent: its own limit)
--                                  step          events that the next claim's first request takes (absent: all)
--                                  posted        leading chunks whose outcome is unknown;  posted_at: since when
--                                  due_set       when its due time was set, while that lies ahead
--                                  last_error    JSON for people, until a step succeeds
--   lanes:due                zset  when work on a lane may next happen; it has exactly the lanes that are not empty
--   lanes:held               zset  until when a lane is leased, or waits for the job of a wake-up
--   lanes:signal             list  one element when lanes have become due: a worker blocks on it, takes it and looks again
--   lanes:looked             string  when a look last found a lane; for GATHER_MS the same worker will look again, unasked
--   lanes:connections        set   every connection that ever had anything
--   connection:<connection>  hash  state (absent: healthy), until, until_set (when `until` was set), by, what, probes,
--                                  fingerprint   of the pause
--                                  trouble       1 while its last request failed or was slow
--                                  spacing       while it recovers from a throttle: ms between two requests
--                                  spaced_until  no request before this time
--                                  refused, refusals, refused_since: events refused, in how many requests, since when,
--                                                with none delivered: they trip the circuit breaker
--                                  delivered_at  time of the last delivery
--                                  gathers       the lane for which a job waits, having emptied it: appends go there until
--                                                gathers_until
--                                  events, bytes sums over what waits, for limits and messages
--                                  dead_letter_bytes  what its dead letters hold;  dead_letter_share: what they may hold,
--                                                while it is paused for that (`by` is then "dead_letters")
--   ledger:<connection>      hash  the ledger's counters; they only rise
--   ledger:input:<id>        hash  the same for an input
--   days:<connection>:<day>  hash  the same by the day (since 1970, UTC) of receipt, under finer names
--   days:<connection>        zset  those days, and when one of their counts last began; `lanes/daily_counts.py` removes
--                                  the oldest
--   match_keys:<connection>:<day>    hash  how many delivered events carried and lost each match key; removed with its day
--   hours:<connection>:<hour>        hash  lists of counts by name, packed, by the hour (since 1970, UTC) of receipt
--   hours:<connection>       zset  those hours, and when one of their names last began; `lanes/hourly_counts.py` removes
--                                  the oldest
--   dead_letters:<connection>        hash  dead letters by id
--   dead_letters:<connection>:labels hash  the label of each; its meaning is known to the caller only
--   dead_letters:<connection>:counts hash  the number of dead letters by label
--   dead_letters:<connection>:shared hash  parts that several dead letters share, by the part's id
--   dead_letters:<connection>:refs   hash  how many dead letters need each part
--   dead_letters:<connection>:uses   hash  the part that a dead letter needs, if any
--   appends:<process>        string  the number of the last append of an ingest process, where appends are numbered
--   receipts:kept            hash  since: they reach back to this time;  receipts, bytes: how many are kept, in how much
--                                  memory;  pieces: the bytes of these that are in pieces;  left: pieces that ever left
--   receipts:pieces          list  receipts as scripts append them, oldest first
--   receipts:blocks          list  "place:receipts:bytes:time of its newest" of each block, oldest first
--   receipts:block:<place>   string  a block: thousands of older receipts, compressed
--   archive:kept             hash  receipts, bytes: what waits for the archive;  open: the bytes of these in
--                                  archive:pieces;  series: begins the names of all files;  portion: the closed one;
--                                  archived, lost: receipts written, and removed unwritten, the last at lost_at;
--                                  since, until: times of the first and last one written;  failing_since, error,
--                                  error_at: why it could not be written
--   archive:pieces           list  receipts that wait for the archive, oldest first
--   archive:closed           list  those that the file which is being written has
--   measures:<connection>    hash  further counters that only rise, raised by settlements; their readers know the names
-- The rules for times, maxmemory and the order of checks and writes are in `store/scripts/base.lua`.

local PAGE = 1000
local USUAL_WAIT, LONGEST_WAIT = 300000, 3600000  -- only a wait that TikTok asks for is longer than the usual one
local WITHHELD = 'withheld:'  -- what begins the finer names of events that a rule withholds
local ROOM_AGAIN = 0.9  -- the part of its share below which dead letters no longer pause their connection
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

-- Return the day on which a chunk's events were received.
local function day_of(chunk) return math.floor(struct.unpack('>I8', chunk, 7) / DAY) end

-- Count events of a day. No day has an expiry: a clock that is wrong for a moment would delete the daily counts.
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

-- Set when work on a lane may next happen.
local function set_due(lane, due)
  redis.call('ZREM', 'lanes:due', lane)
  redis.call('ZADD', 'lanes:due', due, lane)
  if due > now then redis.call('HSET', meta_key(lane), 'due_set', now) else redis.call('HDEL', meta_key(lane), 'due_set') end
end

-- Let one worker look again at what is due, because a lane is due at `due`. Workers look by themselves every LOOK_MS.
local function signal(due)
  if due >= now + LOOK_MS then return end
  local looked = tonumber(redis.call('GET', 'lanes:looked') or 0)
  if due < looked + GATHER_MS and looked <= now then return end
  if redis.call('LLEN', 'lanes:signal') == 0 then redis.call('RPUSH', 'lanes:signal', '1') end
end

-- A lane that was empty has got a chunk: work on it may begin now. An empty lane that is held is one whose job waits for
-- more: it needs no signal.
local function add_due(lane)
  if redis.call('ZADD', 'lanes:due', 'NX', now, lane) == 0 then return end
  local held = tonumber(redis.call('ZSCORE', 'lanes:held', lane) or 0)
  if held <= now or held > now + LOOK_MS then signal(now) end
end

-- Return the lane whose job waits for more events of the connection, if any.
local function gathering_lane(connection)
  local lane, until_ = unpack(redis.call('HMGET', 'connection:' .. connection, 'gathers', 'gathers_until'))
  until_ = tonumber(until_ or 0)
  return until_ > now and until_ <= now + LOOK_MS and lane or nil
end

local function remove_lane(lane)
  redis.call('ZREM', 'lanes:due', lane)
  redis.call('ZREM', 'lanes:held', lane)
  redis.call('HDEL', meta_key(lane), 'due_set')
end

-- Return whether a future time, set at `set_at`, must be wrong: Redis's clock was set back since, or the time is later
-- than the longest wait.
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

-- Return how many leading chunks the lane's lease was given; all of them when an older worker did not write it.
local function chunks_taken(lane)
  local token, taken = unpack(redis.call('HMGET', meta_key(lane), 'token', 'taken'))
  return tonumber(string.match(taken or '', '^' .. token .. ':(%d+)$')) or math.huge
end

-- Let a connection's lanes without a lease be woken again: at `due` when given, else at their own due times.
local function free_lanes(connection, due)
  for n = 0, LANES - 1 do
    local lane = connection .. ':' .. n
    if not is_leased(lane) then
      redis.call('ZREM', 'lanes:held', lane)
      if due and redis.call('ZSCORE', 'lanes:due', lane) then set_due(lane, due) end
    end
  end
  signal(now)
end

local function end_pause(connection)
  redis.call('HDEL', 'connection:' .. connection, unpack(PAUSE_FIELDS))
  free_lanes(connection, now)
end
