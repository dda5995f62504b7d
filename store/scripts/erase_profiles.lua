-- needs: base, checks, profiles
-- Remove the profiles of these names. Returns how many there were.
-- ARGV[2]: 1 to remove them, 0 to count them only; ARGV[3...]: names
local _, _, _, _, _, bytes_of = profile_functions()
local removes = check_whole(tonumber(ARGV[2]), 'removes') == 1
local number, gone = 0, {}
for i = 3, #ARGV do check_text(ARGV[i], 'name') end
local held = tonumber(redis.call('GET', SUM) or 0)
for i = 3, #ARGV do
  local score, exists = redis.call('ZSCORE', INDEX, ARGV[i]), redis.call('EXISTS', PROFILES .. ARGV[i])
  number = number + exists
  if score then held = held - bytes_of(tonumber(score)) end
  if score or exists == 1 then gone[#gone + 1] = ARGV[i] end
end
if removes then
  for _, name in ipairs(gone) do
    redis.call('DEL', PROFILES .. name)
    redis.call('ZREM', INDEX, name)
  end
  if #gone > 0 then redis.call('SET', SUM, math.max(0, held)) end
end
return number
