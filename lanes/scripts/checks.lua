-- Checks of a script's arguments: all of them come before its first write.

local function refuse(why) error('INVALID ' .. why, 0) end

-- A whole number that Redis takes and Lua holds exactly.
local function check_whole(value, what, least)
  if type(value) ~= 'number' or value ~= math.floor(value) or value < (least or 0) or value > 2 ^ 53 then
    refuse(what .. ' is no whole number from ' .. (least or 0))
  end
  return value
end

local function check_text(value, what)
  if type(value) ~= 'string' then refuse(what .. ' is no text') end
  return value
end

local function check_counts(counts, what)
  if type(counts) ~= 'table' then refuse(what .. ' are no counts') end
  for name, count in pairs(counts) do
    if type(name) == 'table' then refuse(what .. ' has no names') end
    check_whole(count, what .. '.' .. name, -2 ^ 53)
  end
end

local function check_lane(lane, what)
  if type(lane) ~= 'string' or not string.match(lane, '^.+:%d+$') then refuse(what .. ' is no lane') end
  return lane
end

-- What a claim asks for; see `lanes/lanes.py`.
local function check_claim(ask)
  if type(ask) ~= 'table' then refuse('claim') end
  check_text(ask.token, 'token')
  for _, name in ipairs({'lease', 'events', 'bytes', 'probe'}) do check_whole(ask[name], name, 1) end
  if type(ask.letters) ~= 'table' then refuse('letters') end
  check_whole(ask.letters.share, 'letters.share')
  check_text(ask.letters.what, 'letters.what')
  check_text(ask.letters.fingerprint, 'letters.fingerprint')
  return ask
end

-- A chunk that is to be pushed, its header read.
local function check_chunk(bytes, what)
  if type(bytes) ~= 'string' or #bytes < 24 then refuse(what .. ' is no chunk') end
  return {bytes = bytes, events = events_in(bytes), day = day_of(bytes)}
end
