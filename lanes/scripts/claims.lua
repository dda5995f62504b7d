-- Decide whether a lane may be claimed, and grant a claim.

local function other_leases(lane)
  local connection, running = connection_of(lane), 0
  for n = 0, LANES - 1 do
    local sibling = connection .. ':' .. n
    if sibling ~= lane and is_leased(sibling) then running = running + 1 end
  end
  return running
end

local function defer(lane, due)
  redis.call('ZREM', 'lanes:held', lane)
  if redis.call('ZSCORE', 'lanes:due', lane) then
    set_due(lane, due)
    signal(due)
  end
end

-- Return whether the connection's dead letters forbid a claim now; pause the connection for them, or end that pause.
local function refused_by_dead_letters(connection, state, by, dead_letters)
  local bytes = tonumber(redis.call('HGET', 'connection:' .. connection, 'dead_letter_bytes') or 0)
  if by == 'dead_letters' then
    if dead_letters.share > 0 and bytes >= dead_letters.share * ROOM_AGAIN then
      pause_for_dead_letters(connection, dead_letters)
      return true
    end
    end_pause(connection)
    return false
  end
  if dead_letters.share == 0 or bytes < dead_letters.share or state then return false end
  pause_for_dead_letters(connection, dead_letters)
  return true
end

-- Return why the lane's connection forbids a claim now, or nil. The lane of a paused connection is deferred until the end
-- of the pause, so that no wake-up is sent for it.
local function refused_by_connection(lane, dead_letters)
  local connection = connection_of(lane)
  local state, until_, set_at, by, trouble, spaced_until = unpack(
    redis.call('HMGET', 'connection:' .. connection, 'state', 'until', 'until_set', 'by', 'trouble', 'spaced_until'))
  local pause_end, spaced = tonumber(until_ or 0), tonumber(spaced_until or 0)
  if by ~= 'operator' and refused_by_dead_letters(connection, state, by, dead_letters) then
    defer(lane, now + RECHECK_MS)
    return 'paused'
  end
  if by == 'dead_letters' then state = false end
  if is_astray(pause_end, tonumber(set_at)) then pause_end = now end
  if state and by == 'operator' then pause_end = now + RECHECK_MS end
  if state and pause_end > now then
    defer(lane, pause_end)
    return state
  end
  local allowed = (state or trouble or spaced_until) and 1 or LANES
  if other_leases(lane) >= allowed then return 'busy' end
  if spaced > now and spaced <= now + MOST_SPACING then
    defer(lane, spaced)
    return 'busy'
  end
  return nil
end

-- A job has emptied its lane, and claims it again in `ms`: hold it for the job, and let appends go there, also while the
-- next request is made. Return whether that is so: of a connection without trouble, and for one of its lanes.
local function keep_for_job(lane, ms)
  local connection = connection_of(lane)
  local key = 'connection:' .. connection
  local state, trouble, spacing = unpack(redis.call('HMGET', key, 'state', 'trouble', 'spacing'))
  if state or trouble or spacing or (gathering_lane(connection) or lane) ~= lane then return false end
  redis.call('ZADD', 'lanes:held', now + ms + LATE_MS, lane)
  redis.call('HSET', key, 'gathers', lane, 'gathers_until', now + ms + LATE_MS)
  return true
end

-- The job of an empty lane does not wait any longer: appends leave signals again.
local function end_gathering(lane)
  local key = 'connection:' .. connection_of(lane)
  redis.call('ZREM', 'lanes:held', lane)
  if redis.call('HGET', key, 'gathers') == lane then redis.call('HDEL', key, 'gathers', 'gathers_until') end
end

-- Return the leading chunks of a POST with an unknown outcome, marked with its time; chunks marked earlier are left out.
local function unmarked(lane, posted, at)
  local marked = {}
  for i = 0, posted - 1 do
    local chunk = redis.call('LINDEX', lane_key(lane), i)
    if chunk and #chunk >= 24 and struct.unpack('>I8', chunk, 15) == 0 then
      marked[i] = string.sub(chunk, 1, 14) .. struct.pack('>I8', at) .. string.sub(chunk, 23)
    end
  end
  return marked
end

-- Return how many leading chunks a claim takes within its limits; at least one.
local function count_chunks(lane, limit, most_bytes)
  local count, events, bytes = 0, 0, 0
  for i, entry in ipairs(redis.call('LRANGE', sizes_key(lane), 0, PAGE - 1)) do
    local more_events, more_bytes = size_of(entry)
    events, bytes = events + more_events, bytes + more_bytes
    if i > 1 and (events > limit or bytes > most_bytes) then break end
    count = i
  end
  return count
end

-- Lease the lane to `ask.token`; return the lease's terms and the leading chunks within the limits.
local function grant(lane, ask)
  local meta, key = meta_key(lane), 'connection:' .. connection_of(lane)
  local head, crashes, alone, attempts, since, stored, step, posted, posted_at = unpack(redis.call('HMGET', meta,
    'head', 'crashes', 'alone', 'attempts', 'failing_since', 'limit', 'step', 'posted', 'posted_at'))
  local state, delivered_at, probes, spacing, dead_letters = unpack(
    redis.call('HMGET', key, 'state', 'delivered_at', 'probes', 'spacing', 'dead_letter_bytes'))
  local limit = math.min(tonumber(stored or ask.events), ask.events)
  local crashed = tonumber(crashes or 0) > 0
  if crashed then limit = math.max(1, math.floor(limit / 2)) end
  local lasting = limit
  if state == 'paused' then limit = math.min(limit, ask.probe) end
  local marked = unmarked(lane, tonumber(posted or 0), tonumber(posted_at or now))
  local count = count_chunks(lane, limit, ask.bytes)

  redis.call('HDEL', meta, 'token', 'posted', 'posted_at')
  for i, chunk in pairs(marked) do redis.call('LSET', lane_key(lane), i, chunk) end
  if crashed then redis.call('HSET', meta, 'limit', lasting) end
  redis.call('HSET', meta, 'token', ask.token, 'taken', ask.token .. ':' .. count)
  raise_counters(meta, {crashes = 1, alone = limit == 1 and 1 or 0})
  if state == 'paused' then set_until(key, now + ask.lease) end
  redis.call('ZADD', 'lanes:held', now + ask.lease, lane)
  local terms = {
    head = tonumber(head or 0), now = now, limit = limit, alone = tonumber(alone or 0), attempts = tonumber(attempts or 0),
    failing_since = tonumber(since or 0), step = tonumber(step or 0), probes = tonumber(probes or 0),
    probing = state ~= false, spaced = spacing ~= false, delivered_at = tonumber(delivered_at or 0),
    dead_letter_bytes = tonumber(dead_letters or 0),
  }
  return {'granted', cmsgpack.pack(terms), redis.call('LRANGE', lane_key(lane), 0, count - 1)}
end
