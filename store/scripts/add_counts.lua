-- needs: base, checks
-- Add a batch of counts. A batch that was added before, because its reply was lost, counts no more.
-- ARGV[2]: {name, process, number, keep_ms, counts}; returns 1, or 0 when the batch was known
local ask = cmsgpack.unpack(ARGV[2])
local key = 'counts:' .. check_text(ask.name, 'name')
local last = key .. ':' .. check_text(ask.process, 'process')
check_whole(ask.number, 'number')
check_whole(ask.keep_ms, 'keep_ms', 1)
check_counts(ask.counts, 'counts')
if tonumber(redis.call('GET', last) or 0) >= ask.number then return 0 end
redis.call('DEL', last)
redis.call('SET', last, ask.number, 'PX', ask.keep_ms)
raise_counters(key, ask.counts)
return 1
