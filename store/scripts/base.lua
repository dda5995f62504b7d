-- Keys of what is kept beside the queue; `lanes/scripts/common.lua` has those of the queue.
--   counts:<name>          hash   counters that processes keep for themselves and bring in bundles (`store/counter_batches.py`)
--   counts:<name>:<process> string the number of the last bundle that process brought, until it expires
--   alerts:leader             string the token of whoever watches the groups now, until it expires (`store/alert_state.py`)
--   alerts:notes            hash   what the watcher remembers of each connection, opaque here
--   addresses:<hmac>          string what `store/address_cache.py` remembers of someone, until it expires
--   addresses:index           zset   their names, by when and how large;  addresses:bytes: what all of them hold
--   addresses:secret          string what those names are made with where there is no encryption key
--   once:<what>            string there while nobody else need do something (`store/leader_lock.py`); no script reads it
--   audit:<what>           list   who was shown personal data, who erased some (`store/audit_log.py`); no script reads it
--   console:session:<digest> string who is signed in to the console, until it expires;  console:attempts:<digest> hash  tries,
--                                 until: sign-ins tried by somebody, or by everybody (`store/console_sessions.py`)
-- Times are Unix milliseconds of Redis's clock; ARGV[1], empty but in tests, replaces it.
-- At maxmemory a script may write only after a write that frees. So the first write of each but `append` is one.
-- Each script reads and checks everything it needs before its first write: a script that fails later leaves half of its
-- work done. `tests/lanes/test_script_order.py` reads them for that.

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Skips what is zero: Redis 6.2 and 7.0 refuse the -0 that Lua makes of minus nothing.
local function raise_counters(key, counts)
  for name, count in pairs(counts) do
    if count ~= 0 then redis.call('HINCRBY', key, name, count) end
  end
end
