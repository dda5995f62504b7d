-- needs: base, checks, profiles
-- Return for each of these names the names that came together with it.
-- ARGV[2...]: names
local _, _, read_profile = profile_functions()
local found = {}
for i = 2, #ARGV do found[i - 1] = read_profile(check_text(ARGV[i], 'name')).n or {} end
return found
