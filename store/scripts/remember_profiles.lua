-- needs: base, checks, profiles
-- Add to profiles; `append.lua` does the same beside the events. Returns how many profiles were removed to make room.
-- ARGV[2]: {updates, most_bytes}
local ask = cmsgpack.unpack(ARGV[2])
check_whole(ask.most_bytes, 'most_bytes')
if type(ask.updates) ~= 'table' then refuse('updates') end
local plan_profiles, write_profiles = profile_functions()
local plan = plan_profiles(ask.updates, ask.most_bytes)
write_profiles(plan)
return #plan.gone
