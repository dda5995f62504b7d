-- needs: base, checks, profiles
-- Return the profiles of these names, false for none; note that they were used, once an hour at most.
-- ARGV[2]: 1 to note it, 0 to change nothing; ARGV[3...]: names
local _, _, read_profile, _, settle_times, bytes_of = profile_functions()
local seconds, found, used = math.floor(now / 1000), {}, {}
local notes = check_whole(tonumber(ARGV[2]), 'notes') == 1
for i = 3, #ARGV do
  local name = check_text(ARGV[i], 'name')
  local profile, packed = read_profile(name)
  found[i - 2] = settle_times(profile, seconds) and cmsgpack.pack(profile) or packed
  local score = packed and notes and tonumber(redis.call('ZSCORE', INDEX, name) or 0)
  if score and score > 0 and score < (seconds - 3600) * SIZE_RANGE then
    used[#used + 1] = {name = name, score = seconds * SIZE_RANGE + bytes_of(score)}
  end
end
for _, each in ipairs(used) do redis.pcall('ZADD', INDEX, 'XX', each.score, each.name) end
return found
