-- The dead-letter store: dead letters, the parts that several of them share, and the sum of their bytes.
-- A settlement or a replay reads the sum first and sets it last.

-- Return how many bytes the connection's dead letters hold; counted one by one when an older relay kept no sum.
local function dead_letter_bytes(connection)
  local sum = redis.call('HGET', 'connection:' .. connection, 'dead_letter_bytes')
  if sum then return tonumber(sum) end
  local store, bytes = 'dead_letters:' .. connection, 0
  for _, id in ipairs(redis.call('HKEYS', store)) do
    bytes = bytes + redis.call('HSTRLEN', store, id) + DEAD_LETTER_OVERHEAD
  end
  return bytes
end

local function set_dead_letter_bytes(connection, bytes)
  local key = 'connection:' .. connection
  redis.call('HSET', key, 'dead_letter_bytes', math.max(0, bytes))
  local by, share = unpack(redis.call('HMGET', key, 'by', 'dead_letter_share'))
  if by == 'dead_letters' and bytes < tonumber(share or 0) * ROOM_AGAIN then end_pause(connection) end
end

-- Release the part that a dead letter shares with others; return the bytes that this frees.
local function release_shared(connection, id)
  local store = 'dead_letters:' .. connection
  local shared = redis.call('HGET', store .. ':uses', id)
  if not shared then return 0 end
  redis.call('HDEL', store .. ':uses', id)
  if redis.call('HINCRBY', store .. ':refs', shared, -1) > 0 then return 0 end
  local bytes = redis.call('HSTRLEN', store .. ':shared', shared) + SHARED_PART_OVERHEAD
  redis.call('HDEL', store .. ':shared', shared)
  redis.call('HDEL', store .. ':refs', shared)
  return bytes
end

-- Add a dead letter {id, label, id of its shared part or '', content, shared part}; return the bytes that it takes.
-- Dead letters are counted by label whenever one comes or goes, so that a reader need not read all of them.
local function keep_dead_letter(connection, entry)
  local id, label, shared, content, common = unpack(entry)
  local store, bytes = 'dead_letters:' .. connection, #content + DEAD_LETTER_OVERHEAD
  redis.call('HSET', store, id, content)
  redis.call('HSET', store .. ':labels', id, label)
  redis.call('HINCRBY', store .. ':counts', label, 1)
  if shared == '' then return bytes end
  redis.call('HSET', store .. ':uses', id, shared)
  if redis.call('HINCRBY', store .. ':refs', shared, 1) == 1 then
    redis.call('HSET', store .. ':shared', shared, common)
    bytes = bytes + #common + SHARED_PART_OVERHEAD
  end
  return bytes
end

-- Remove a dead letter; the caller counts why. Return the bytes that it held, or nil when it was not there.
local function drop_dead_letter(connection, id)
  local store = 'dead_letters:' .. connection
  local bytes = redis.call('HSTRLEN', store, id) + DEAD_LETTER_OVERHEAD
  if redis.call('HDEL', store, id) == 0 then return nil end
  local label = redis.call('HGET', store .. ':labels', id)
  if label then
    redis.call('HDEL', store .. ':labels', id)
    if redis.call('HINCRBY', store .. ':counts', label, -1) <= 0 then redis.call('HDEL', store .. ':counts', label) end
  end
  return bytes + release_shared(connection, id)
end

-- Pause a connection whose dead letters hold their share of memory, until they hold less than nine tenths of it.
local function pause_for_dead_letters(connection, limit)
  local key = 'connection:' .. connection
  redis.call('HDEL', key, unpack(PAUSE_FIELDS))
  set_until(key, now + RECHECK_MS)
  redis.call('HSET', key, 'state', 'paused', 'by', 'dead_letters', 'what', limit.what, 'fingerprint', limit.fingerprint,
    'dead_letter_share', limit.share)
end
