-- needs: base, checks
-- Renew a watch and take what it was shown since the last call; with 0 ms, end it.
-- Returns {lines, left out}, or nil when as many others watch as may.
-- It removes before it adds, so that it works at maxmemory.
-- ARGV[2]: id of the watch; ARGV[3]: what it wants, opaque here; ARGV[4]: ms that it lasts; ARGV[5]: the most watches
local id, wanted = check_text(ARGV[2], 'id'), check_text(ARGV[3], 'wanted')
local ms, most = check_whole(tonumber(ARGV[4]), 'ms'), check_whole(tonumber(ARGV[5]), 'most', 1)
local lines, held = 'live:lines:' .. id, 'live:held:' .. id
local taken, left_out = redis.call('LRANGE', lines, 0, -1), tonumber(redis.call('HGET', held, 'left_out') or 0)

local watches, is_new, ended = 0, true, {}
local all = redis.call('HGETALL', 'live:watches')
for i = 1, #all, 2 do
  local is_over = tonumber(string.match(all[i + 1], '^%d+') or 0) < now
  if all[i] == id then
    is_new = false
  elseif is_over then
    ended[#ended + 1] = all[i]
  else
    watches = watches + 1
  end
end

redis.call('DEL', lines, held)
for _, each in ipairs(ended) do redis.call('HDEL', 'live:watches', each) end
if ms == 0 then
  redis.call('HDEL', 'live:watches', id)
  return {taken, left_out}
end
if is_new and watches >= most then return nil end
redis.call('HSET', 'live:watches', id, string.format('%.0f ', now + ms) .. wanted)
redis.call('PEXPIRE', 'live:watches', ms)
return {taken, left_out}
