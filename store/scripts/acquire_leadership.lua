-- needs: base, checks
-- Make this process the leader, or prolong its leadership. Returns 1, or 0 while another process is the leader.
-- ARGV[2]: token; ARGV[3]: how long, ms; 0 ends the leadership; ARGV[4]: what the process leads
local token, ms = check_text(ARGV[2], 'token'), check_whole(tonumber(ARGV[3]), 'ms')
local key = check_text(ARGV[4], 'name') .. ':leader'
local holder = redis.call('GET', key)
if holder and holder ~= token then return 0 end
redis.call('DEL', key)
if ms > 0 then redis.call('SET', key, token, 'PX', ms) end
return 1
