-- needs: base, checks
-- Remove remembered values. Returns how many there were.
-- ARGV[2...]: names
local held, count = tonumber(redis.call('GET', 'addresses:bytes') or 0), 0
local names = {}
for i = 2, #ARGV do
  names[#names + 1] = check_text(ARGV[i], 'name')
  held = held - tonumber(redis.call('ZSCORE', 'addresses:index', ARGV[i]) or 0) % SIZE_RANGE
end
for _, name in ipairs(names) do
  count = count + redis.call('DEL', name)
  redis.call('ZREM', 'addresses:index', name)
end
if count > 0 then redis.call('SET', 'addresses:bytes', math.max(0, held)) end
return count
