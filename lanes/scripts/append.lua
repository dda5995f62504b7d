-- Takes whole what ingest accepted, or nothing: returns a group that is over its share of memory, else nil.
-- ARGV[2]: {max_group_bytes, inputs = [{id, accepted, unrouted}], shares = [{group, lane, accepted, unsupported, withheld}]}
-- ARGV[3...]: each share's chunk, or an empty string
local arrivals = cmsgpack.unpack(ARGV[2])
for i, share in ipairs(arrivals.shares) do share.chunk = ARGV[2 + i] end

if arrivals.max_group_bytes > 0 then
  local more = {}
  for _, share in ipairs(arrivals.shares) do
    if #share.chunk > 0 then
      more[share.group] = (more[share.group] or tonumber(redis.call('HGET', 'group:' .. share.group, 'bytes') or 0)) + #share.chunk
      if more[share.group] > arrivals.max_group_bytes then return share.group end
    end
  end
end

for _, share in ipairs(arrivals.shares) do
  if #share.chunk > 0 then
    push(share.lane, share.chunk, 'RPUSH')
    redis.call('ZADD', 'lanes:due', 'NX', now, share.lane)
  end
  redis.call('SADD', 'lanes:groups', share.group)
  local counts = {accepted = share.accepted, unsupported = share.unsupported, withheld = share.withheld}
  raise_counters('books:' .. share.group, counts)
  raise_day(share.group, #share.chunk > 0 and day_of(share.chunk) or math.floor(now / DAY), counts)
end
for _, input in ipairs(arrivals.inputs) do
  raise_counters('books:input:' .. input.id, {accepted = input.accepted, unrouted = input.unrouted})
end
return nil
