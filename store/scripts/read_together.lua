-- needs: base, checks
-- Read several things at one instant, also at maxmemory, where Redis 6.2 refuses MULTI.
-- ARGV[2]: reading commands, each a list of words; returns Redis's time in ms, then each command's reply
local READING = {HGET = true, HMGET = true, HGETALL = true, LRANGE = true}
local commands, replies = cmsgpack.unpack(ARGV[2]), {now}
for _, command in ipairs(commands) do
  if not READING[command[1]] then refuse('no reading command') end
end
for i, command in ipairs(commands) do replies[i + 1] = redis.call(unpack(command)) end
return replies
