-- needs: base, checks
-- Show lines to those who watch; beyond a bound in bytes for each watch, only count them.
-- ARGV[2]: {most_bytes, ms, watches = [{id, left_out, lines = [places among the lines, from 1]}]}; ARGV[3...]: the lines
local shown = cmsgpack.unpack(ARGV[2])
check_whole(shown.most_bytes, 'most_bytes', 1)
check_whole(shown.ms, 'ms', 1)
local present = {}
for _, watch in ipairs(shown.watches) do
  check_whole(watch.left_out, 'left_out')
  local id = check_text(watch.id, 'id')
  local entry = redis.call('HGET', 'live:watches', id)
  if entry and tonumber(string.match(entry, '^%d+') or 0) >= now then
    watch.bytes = tonumber(redis.call('HGET', 'live:held:' .. id, 'bytes') or 0)
    watch.chosen, watch.more = {}, 0
    for _, place in ipairs(watch.lines) do
      local line = check_text(ARGV[2 + check_whole(place, 'place', 1)], 'line')
      if watch.bytes + #line > shown.most_bytes then
        watch.left_out = watch.left_out + 1
      else
        watch.chosen[#watch.chosen + 1] = line
        watch.bytes, watch.more = watch.bytes + #line, watch.more + #line
      end
    end
    present[#present + 1] = watch
  end
end

for _, watch in ipairs(present) do
  local lines, held = 'live:lines:' .. watch.id, 'live:held:' .. watch.id
  for _, line in ipairs(watch.chosen) do redis.call('RPUSH', lines, line) end
  raise_counters(held, {bytes = watch.more, left_out = watch.left_out})
  redis.call('PEXPIRE', lines, shown.ms)
  redis.call('PEXPIRE', held, shown.ms)
end
return #present
