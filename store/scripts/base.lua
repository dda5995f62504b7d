-- Keys beside the queue; `lanes/scripts/common.lua` has the keys of the queue.
--   counts:<name>              hash    counters that processes add to in batches (`store/records/counter_batches.py`)
--   counts:<name>:<process>    string  the number of the last batch of that process, until it expires
--   alerts:leader              string  the token of the process that sends alerts, until it expires (`store/leader_lock.py`)
--   archive:leader             string  the same for the process that writes the archive
--   alerts:notes               hash    what that process remembers of each connection, opaque here (`store/records/alert_state.py`)
--   profiles:<name>            string  what is remembered of a user, until it expires (`store/scripts/profiles.lua`)
--   profiles:index             zset    these names, by time and size;  profiles:bytes: the sum of their bytes; profiles:dropped
--   once:<name>                string  exists for the period in which its task is done (`store/leader_lock.py`)
--   audit:<kind>               list    who was shown personal data, who erased some (`store/records/audit_log.py`)
--   console:session:<digest>   string  a session of the console, until it expires (`store/records/console_sessions.py`)
--   console:attempts:<digest>  hash    tries, until: attempts to sign in, of one sender or of all
--   live:watches               hash    who watches events as they end, until when, and which (`store/records/live_watches.py`)
--   live:lines:<watch>         list    the events for one watch, masked, until they are taken or expire
--   live:held:<watch>          hash    bytes of these lines, left_out: events that are not among them
-- Times are Unix milliseconds of Redis's clock; ARGV[1] is empty, except in tests, where it replaces the clock.
-- At maxmemory a script may write only after a write that frees. So the first write of each but `append` is one.
-- Each script reads and checks everything that it needs before its first write: a script that failed later would leave
-- half of its work done. `tests/lanes/test_script_order.py` checks the scripts for that.

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Zero is skipped: Redis 6.2 and 7.0 refuse the -0 that Lua makes of it.
local function raise_counters(key, counts)
  for name, count in pairs(counts) do
    if count ~= 0 then redis.call('HINCRBY', key, name, count) end
  end
end
