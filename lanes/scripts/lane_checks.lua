-- Checks of arguments that only the queue's scripts have.

local function check_lane(lane, what)
  if type(lane) ~= 'string' or not string.match(lane, '^.+:%d+$') then refuse(what .. ' is no lane') end
  return lane
end

-- The limits of a claim; see `lanes/lanes.py`.
local function check_claim(ask)
  if type(ask) ~= 'table' then refuse('claim') end
  check_text(ask.token, 'token')
  for _, name in ipairs({'lease', 'events', 'bytes', 'probe'}) do check_whole(ask[name], name, 1) end
  check_whole(ask.gather, 'gather')
  if type(ask.dead_letters) ~= 'table' then refuse('dead_letters') end
  check_whole(ask.dead_letters.share, 'dead_letters.share')
  check_text(ask.dead_letters.what, 'dead_letters.what')
  check_text(ask.dead_letters.fingerprint, 'dead_letters.fingerprint')
  return ask
end

-- A chunk to push, and what its header says.
local function check_chunk(bytes, what)
  if type(bytes) ~= 'string' or #bytes < 24 then refuse(what .. ' is no chunk') end
  return {bytes = bytes, events = events_in(bytes), day = day_of(bytes)}
end
