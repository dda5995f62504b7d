-- needs: base, checks, profiles
-- Remove what has expired from some profiles, and the least recently used ones beyond the bound in bytes.
-- Returns the place where the next sweep begins; 0 after the last profile.
-- ARGV[2]: {place, count, most_bytes}
local ask = cmsgpack.unpack(ARGV[2])
for _, name in ipairs({'place', 'count', 'most_bytes'}) do check_whole(ask[name], name) end
local _, _, read_profile, prune, _, bytes_of, score_of = profile_functions()
local seconds, gone, shorter = math.floor(now / 1000), {}, {}
local held = tonumber(redis.call('GET', SUM) or 0)
local page = redis.call('ZRANGE', INDEX, ask.place, ask.place + ask.count - 1, 'WITHSCORES')
local removed = {}
for i = 1, #page, 2 do
  local name, score = page[i], tonumber(page[i + 1])
  local profile, packed = read_profile(name)
  local last, pruned = prune(profile, seconds)
  if not packed or last <= seconds then
    gone[#gone + 1], removed[name], held = name, true, held - bytes_of(score)
  elseif pruned then
    local left = cmsgpack.pack(profile)
    local size = #left + PROFILE_OVERHEAD
    held = held - bytes_of(score) + size
    shorter[#shorter + 1] = {name = name, packed = left, last = last, score = math.min(score - bytes_of(score) + size, score_of(profile, seconds, size))}
  end
end
local expired = #gone
local oldest = held > ask.most_bytes and redis.call('ZRANGE', INDEX, 0, 499, 'WITHSCORES') or {}
for i = 1, #oldest, 2 do
  if held <= ask.most_bytes then break end
  if not removed[oldest[i]] then
    gone[#gone + 1], removed[oldest[i]], held = oldest[i], true, held - bytes_of(tonumber(oldest[i + 1]))
  end
end
for _, name in ipairs(gone) do
  redis.call('DEL', PROFILES .. name)
  redis.call('ZREM', INDEX, name)
end
for _, each in ipairs(shorter) do
  if not removed[each.name] then
    redis.call('SET', PROFILES .. each.name, each.packed, 'EX', each.last - seconds)
    redis.call('ZADD', INDEX, each.score, each.name)
  end
end
count_dropped(#gone - expired)
if #gone + #shorter > 0 then redis.call('SET', SUM, math.max(0, held)) end
if #page < 2 * ask.count then return 0 end
return math.max(0, ask.place + ask.count - #gone)
