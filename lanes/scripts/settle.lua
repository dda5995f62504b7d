-- needs: base, checks, common, lane_checks, dead_letters, claims, archive, receipts, hours
-- Write the settlement of one step of a lease: remove finished chunks, put back unfinished ones, add dead entries, raise
-- counters, and set when the lane is due next.
-- Returns {'lost'}, {'released', events that wait for the connection}, or, when the job continues, what `grant` returns;
-- {'gathering', events that wait} when the lane is empty and the job is to claim it again after `gather` ms.
-- ARGV[2]: lane; ARGV[3]: settlement, see lanes/settlement.py; ARGV[4]: the next claim's limits, or empty
-- ARGV[5...]: the leftovers; then the dead entries, in the order of `dead_letters`: {id, label, place of its shared part
-- in `shared`, or 0}; then the shared parts, in the order of `shared`: ids; then the receipts, if any
local lane, done = check_lane(ARGV[2], 'lane'), cmsgpack.unpack(ARGV[3])
local next_claim = ARGV[4] ~= '' and check_claim(cmsgpack.unpack(ARGV[4]))
local meta, connection = meta_key(lane), connection_of(lane)
local key = 'connection:' .. connection

-- Return whether the circuit breaker trips: TikTok refused many events and accepted none, so the cause is not the events.
local function trips_circuit_breaker(key, done)
  local since = redis.call('HGET', key, 'refused_since')
  since = tonumber(since or 0)
  if since < now - done.circuit_breaker.window or since > now then
    redis.call('HDEL', key, 'refused', 'refusals')
    redis.call('HSET', key, 'refused_since', now)
  end
  local refused = redis.call('HINCRBY', key, 'refused', done.refused)
  local refusals = redis.call('HINCRBY', key, 'refusals', 1)
  return refused >= done.circuit_breaker.events and refusals >= done.circuit_breaker.requests
end

-- Space the requests of a throttled connection: a second at first, half as much after each request that works.
-- Return whether the connection has just recovered.
local function space_requests(key, done)
  local spacing = tonumber(redis.call('HGET', key, 'spacing') or 0)
  if done.throttled then
    spacing = math.max(FIRST_SPACING, math.min(spacing * 2, MOST_SPACING))
  elseif spacing == 0 or done.trouble == nil then
    return false
  elseif done.trouble == false then
    spacing = math.floor(spacing / 2)
  end
  if spacing < LEAST_SPACING then
    redis.call('HDEL', key, 'spacing', 'spaced_until')
    return true
  end
  redis.call('HSET', key, 'spacing', spacing, 'spaced_until', now + spacing)
  return false
end

-- Check every value of the settlement.
local function check_settlement()
  check_text(done.token, 'token')
  for _, name in ipairs({'head', 'trim', 'leftovers', 'delay', 'posted', 'refused'}) do check_whole(done[name], name) end
  check_counts(done.counts, 'counts')
  check_counts(done.measures, 'measures')
  check_counts(done.sizing, 'sizing')
  for _, name in ipairs({'days', 'match_keys'}) do
    for day, counts in pairs(done[name]) do
      check_whole(day, 'day')
      check_counts(counts, name)
    end
  end
  if done.last_error then check_text(done.last_error, 'last_error') end
  check_whole(done.share.share, 'share')
  check_text(done.share.what, 'share.what')
  check_text(done.share.fingerprint, 'share.fingerprint')
  if done.refused > 0 then
    for _, name in ipairs({'events', 'requests', 'window', 'delay'}) do check_whole(done.circuit_breaker[name], name) end
  end
  for _, pause in ipairs({done.pause or {}, done.circuit_breaker and done.circuit_breaker.pause or {}}) do
    for name, value in pairs(pause) do
      if type(value) ~= 'string' and type(value) ~= 'number' then refuse('pause.' .. name) end
    end
  end
end

local leftovers, entries, receipts = {}, {}, nil
local function read_blobs()
  for i = 1, done.leftovers do leftovers[i] = check_chunk(ARGV[4 + i], 'leftover') end
  local first, common = 4 + done.leftovers, 4 + done.leftovers + #done.dead_letters
  for i, described in ipairs(done.dead_letters) do
    local id, label, at = unpack(described)
    entries[i] = {check_text(id, 'id'), check_text(label, 'label'), '', check_text(ARGV[first + i], 'dead letter')}
    if at > 0 then entries[i][3], entries[i][5] = check_text(done.shared[at], 'shared'), check_text(ARGV[common + at], 'shared') end
  end
  receipts = check_receipts(done.receipts, ARGV[common + #done.shared + 1])
end

check_settlement()
read_blobs()
local hours = check_hours(connection, done.hours)
local token, head = unpack(redis.call('HMGET', meta, 'token', 'head'))
if token ~= done.token or tonumber(head or 0) ~= done.head then return {'lost'} end

local trimmed, freed, kept = 0, 0, 0
if done.trim > 0 then
  for _, entry in ipairs(redis.call('LRANGE', sizes_key(lane), 0, done.trim - 1)) do
    local events, bytes = size_of(entry)
    trimmed, freed = trimmed + events, freed + bytes
  end
end
for _, chunk in ipairs(leftovers) do kept = kept + chunk.events end
local ends = (done.counts.delivered or 0) + (done.counts.dead_lettered or 0) + (done.counts.unsupported or 0) + (done.counts.withheld or 0)
if trimmed + (done.counts.extra or 0) ~= ends + kept or (done.counts.dead_lettered or 0) ~= #entries then
  return redis.error_reply('UNBALANCED ' .. trimmed .. ' trimmed, ' .. kept .. ' kept, ' .. ends .. ' ended')
end
if receipts and receipts.number ~= ends - (done.counts.unsupported or 0) then
  return redis.error_reply('UNBALANCED ' .. receipts.number .. ' receipts, ' .. ends .. ' ended')
end
local held = #entries > 0 and dead_letter_bytes(connection) or 0

redis.call('LTRIM', lane_key(lane), done.trim, -1)
redis.call('LTRIM', sizes_key(lane), done.trim, -1)
for i = #leftovers, 1, -1 do push(lane, leftovers[i], 'LPUSH') end
raise_counters(key, {events = -trimmed, bytes = -freed})
for _, entry in ipairs(entries) do held = held + keep_dead_letter(connection, entry) end
if #entries > 0 then set_dead_letter_bytes(connection, held) end
raise_counters('ledger:' .. connection, done.counts)
for day, counts in pairs(done.days) do raise_day(connection, day, counts) end
for day, counts in pairs(done.match_keys) do raise_counters('match_keys:' .. connection .. ':' .. day, counts) end
raise_hours(connection, hours)
raise_counters('measures:' .. connection, done.measures)
keep_receipts(receipts)

redis.call('HINCRBY', meta, 'head', 1)
if done.trim > 0 then raise_counters(meta, {left = #leftovers > 0 and done.trim - 1 or done.trim}) end
redis.call('HDEL', meta, 'crashes', 'alone')
for name, value in pairs(done.sizing) do
  if value == 0 then redis.call('HDEL', meta, name) else redis.call('HSET', meta, name, value) end
end
if done.posted > 0 then redis.call('HSET', meta, 'posted', done.posted) else redis.call('HDEL', meta, 'posted', 'posted_at') end
if done.last_error then redis.call('HSET', meta, 'last_error', done.last_error) else redis.call('HDEL', meta, 'last_error') end

local delivered = (done.counts.delivered or 0) > 0
if delivered then
  redis.call('HSET', key, 'delivered_at', now)
  redis.call('HDEL', key, 'refused', 'refusals', 'refused_since')
end
local tripped = not delivered and done.refused > 0 and trips_circuit_breaker(key, done)
local recovered = false
if done.trouble == true then redis.call('HSET', key, 'trouble', 1) end
if done.trouble == false then recovered = redis.call('HDEL', key, 'trouble') == 1 end
recovered = space_requests(key, done) or recovered
local by = redis.call('HGET', key, 'by')
if by ~= 'operator' and by ~= 'dead_letters' then
  if tripped then
    done.pause, done.delay = done.circuit_breaker.pause, done.circuit_breaker.delay
  end
  if done.pause then
    set_until(key, now + done.delay)
    for name, value in pairs(done.pause) do redis.call('HSET', key, name, value) end
  elseif done.share.share > 0 and held >= done.share.share then
    pause_for_dead_letters(connection, done.share)
  elseif done.trouble == false and done.probing and (delivered or by ~= 'circuit_breaker') then
    end_pause(connection)
  end
end
if recovered then free_lanes(connection) end

if redis.call('LLEN', lane_key(lane)) == 0 then
  remove_lane(lane)
  redis.call('HDEL', meta, 'token')
  local gathers = next_claim and next_claim.gather > 0 and keep_for_job(lane, next_claim.gather)
  return {gathers and 'gathering' or 'released', tonumber(redis.call('HGET', key, 'events'))}
end
set_due(lane, now + done.delay)
if next_claim and done.delay == 0 and not refused_by_connection(lane, next_claim.dead_letters) then return grant(lane, next_claim) end
redis.call('ZREM', 'lanes:held', lane)
redis.call('HDEL', meta, 'token')
signal(now + done.delay)
return {'released', tonumber(redis.call('HGET', key, 'events'))}
