-- needs: base, checks
-- Make this process the leader, or prolong its leadership. Returns 1, or 0 while another process is the leader.
-- ARGV[2]: token; ARGV[3]: how long, ms; 0 ends the leadership
local token, ms = check_text(ARGV[2], 'token'), check_whole(tonumber(ARGV[3]), 'ms')
local holder = redis.call('GET', 'alerts:leader')
if holder and holder ~= token then return 0 end
redis.call('DEL', 'alerts:leader')
if ms > 0 then redis.call('SET', 'alerts:leader', token, 'PX', ms) end
return 1
