-- Counts of an hour of receipt: lists of numbers by name, each packed; `lanes/hourly_counts.py` reads them.

local function hours_key(connection, hour) return 'hours:' .. connection .. ':' .. hour end

-- Add `numbers` to a packed list, which may be absent or shorter, and return it packed.
local function add_numbers(packed, numbers)
  local sums = packed and cmsgpack.unpack(packed) or {}
  for place, number in ipairs(numbers) do sums[place] = (sums[place] or 0) + number end
  return cmsgpack.pack(sums)
end

-- Check counts by hour and return the writes that add them. An hour that is too old, or ahead of the clock, is left out;
-- an hour that has HOUR_NAMES names gets no further one.
local function check_hours(connection, hours)
  local writes, this_hour = {}, math.floor(now / HOUR)
  if type(hours) ~= 'table' then refuse('hours') end
  for hour, counts in pairs(hours) do
    local key, names = hours_key(connection, check_whole(hour, 'hour')), {}
    for name, numbers in pairs(counts) do
      check_text(name, 'name')
      check_counts(numbers, 'numbers')
      if #names < HOUR_NAMES then names[#names + 1] = name end
    end
    if #names > 0 and hour > this_hour - HOURS_KEPT and hour <= this_hour + 1 then
      local stored, room, fields = redis.call('HMGET', key, unpack(names)), HOUR_NAMES - redis.call('HLEN', key), {}
      local before = room
      for place, name in ipairs(names) do
        if not stored[place] then room = room - 1 end
        if stored[place] or room >= 0 then
          fields[#fields + 1], fields[#fields + 2] = name, add_numbers(stored[place], counts[name])
        end
      end
      if #fields > 0 then writes[#writes + 1] = {key = key, hour = hour, fields = fields, began = room < before} end
    end
  end
  return writes
end

-- Write counts that were checked. No hour has an expiry: a clock that is wrong for a moment would delete it.
local function raise_hours(connection, writes)
  for _, write in ipairs(writes) do
    redis.call('HSET', write.key, unpack(write.fields))
    if write.began then redis.call('ZADD', 'hours:' .. connection, now, write.hour) end
  end
end
