-- needs: base, checks, profiles
-- Remove the profiles of these names, and of all that came together with them. Returns how many there were.
-- ARGV[2]: 1 to remove them, 0 to count them only; ARGV[3...]: names
local _, _, read_profile, _, linked, bytes_of = profile_functions()
local removes = check_whole(tonumber(ARGV[2]), 'removes') == 1
local names, profiles, gone = {}, {}, {}
for i = 3, #ARGV do names[i - 2] = check_text(ARGV[i], 'name') end
local function profile_of(name)
  profiles[name] = profiles[name] or read_profile(name)
  return profiles[name]
end
local held = tonumber(redis.call('GET', SUM) or 0)
for _, name in ipairs(linked(names, profile_of)) do
  local score = tonumber(redis.call('ZSCORE', INDEX, name) or 0)
  if redis.call('EXISTS', PROFILES .. name) == 1 then gone[#gone + 1] = name end
  if score > 0 then held = held - bytes_of(score) end
end
if removes then
  for _, name in ipairs(gone) do
    redis.call('DEL', PROFILES .. name)
    redis.call('ZREM', INDEX, name)
  end
  if #gone > 0 then redis.call('SET', SUM, math.max(0, held)) end
end
return #gone
