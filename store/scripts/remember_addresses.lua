-- needs: base, checks
-- Remember values until they expire, and remove the oldest ones beyond a bound in bytes.
-- `addresses:index` has each name with its time in seconds and its size in bytes as one number; `addresses:bytes` has the
-- sum of the sizes.
-- ARGV[2]: {most_bytes, expires_s, overhead, count}; ARGV[3...]: names, then values
local INDEX, SUM, MORE = 'addresses:index', 'addresses:bytes', 500
local ask = cmsgpack.unpack(ARGV[2])
for _, name in ipairs({'most_bytes', 'expires_s', 'overhead', 'count'}) do check_whole(ask[name], name) end
local held, seconds = tonumber(redis.call('GET', SUM) or 0), math.floor(now / 1000)

local news, is_new = {}, {}
for i = 1, ask.count do
  local name, value = check_text(ARGV[2 + i], 'name'), check_text(ARGV[2 + ask.count + i], 'value')
  local size = #value + ask.overhead
  if size >= SIZE_RANGE then refuse('a value is too large') end
  held = held + size - tonumber(redis.call('ZSCORE', INDEX, name) or 0) % SIZE_RANGE
  news[i], is_new[name] = {name = name, value = value, score = seconds * SIZE_RANGE + size}, true
end

local gone = {}
local oldest = redis.call('ZRANGE', INDEX, 0, ask.count + MORE, 'WITHSCORES')
for i = 1, #oldest, 2 do
  local score = tonumber(oldest[i + 1])
  local expired = score < (seconds - ask.expires_s) * SIZE_RANGE
  if not (expired or held > ask.most_bytes) then break end
  if not is_new[oldest[i]] then
    gone[#gone + 1], held = oldest[i], held - score % SIZE_RANGE
  end
end

for _, name in ipairs(gone) do
  redis.call('DEL', name)
  redis.call('ZREM', INDEX, name)
end
for _, new in ipairs(news) do
  redis.call('SET', new.name, new.value, 'EX', ask.expires_s)
  redis.call('ZADD', INDEX, new.score, new.name)
end
redis.call('SET', SUM, math.max(0, held))
return #gone
