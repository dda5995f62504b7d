-- needs: base, checks, common, lane_checks, archive, receipts, profiles
-- Append everything that ingest accepted, or nothing. Returns nil, or {connection, what paused it} for a connection whose
-- backlog has reached its limit.
-- Where there are replicas, appends are numbered. Returns 'here' for one that is here already, and the number of the last
-- one here when confirmed ones after it are missing: Redis has gone back to an earlier state.
-- ARGV[2]: {max_backlog_bytes, inputs = [{id, accepted, unrouted}],
--           shares = [{connection, lane, accepted, unsupported, withheld = {rule = count}, chunk}],
--           process, number, previous = the number of the last confirmed append; these three only where appends are numbered,
--           receipts = {number, budget} of what is withheld; absent where nothing is,
--           profiles = what to add to users' profiles, profile_bytes: their bound; absent where nothing is remembered}
-- ARGV[3]: these receipts, or empty; ARGV[4...]: chunks, each once; `chunk` of a share is the place of its chunk among
-- them, 0 for none
local arrivals = cmsgpack.unpack(ARGV[2])
check_whole(arrivals.max_backlog_bytes, 'max_backlog_bytes')
if arrivals.process then
  local last = tonumber(redis.call('GET', 'appends:' .. check_text(arrivals.process, 'process')) or 0)
  if last >= check_whole(arrivals.number, 'number', 1) then return 'here' end
  if last < check_whole(arrivals.previous, 'previous') then return last end
end
local receipts = arrivals.receipts and check_receipts(arrivals.receipts, ARGV[3])
local more, withheld = {}, 0
for _, share in ipairs(arrivals.shares) do
  local chunk = check_whole(share.chunk, 'chunk') > 0 and check_text(ARGV[3 + share.chunk], 'chunk') or ''
  check_text(share.connection, 'connection')
  if connection_of(check_lane(share.lane, 'lane')) ~= share.connection then refuse('lane is not of the connection') end
  share.lane = share.chunk > 0 and gathering_lane(share.connection) or share.lane
  share.chunk = #chunk > 0 and check_chunk(chunk, 'chunk')
  check_counts(share.withheld, 'withheld')
  share.counts = {accepted = share.accepted, unsupported = share.unsupported, withheld = 0}
  share.days = {accepted = share.accepted, unsupported = share.unsupported}
  share.measures = {}
  for rule, count in pairs(share.withheld) do
    share.counts.withheld = share.counts.withheld + count
    share.days[WITHHELD .. rule], share.measures[WITHHELD .. rule] = count, count
  end
  check_counts(share.counts, 'share')
  withheld = withheld + share.counts.withheld
  if share.chunk and arrivals.max_backlog_bytes > 0 then
    local key = 'connection:' .. share.connection
    more[share.connection] = (more[share.connection] or tonumber(redis.call('HGET', key, 'bytes') or 0)) + #chunk
    if more[share.connection] > arrivals.max_backlog_bytes then return {share.connection, redis.call('HGET', key, 'by') or ''} end
  end
end
for _, input in ipairs(arrivals.inputs) do
  check_text(input.id, 'input')
  input.counts = {accepted = input.accepted, unrouted = input.unrouted}
  check_counts(input.counts, 'input')
end

-- Events come first: whatever is wrong with a profile, they are appended.
local is_planned, plan, write_profiles
if arrivals.profiles then
  local plan_profiles
  plan_profiles, write_profiles = profile_functions()
  is_planned, plan = pcall(plan_profiles, arrivals.profiles, check_whole(arrivals.profile_bytes, 'profile_bytes'))
end

if receipts and receipts.number ~= withheld then refuse('receipts are not those of what is withheld') end

for _, share in ipairs(arrivals.shares) do
  if share.chunk then
    push(share.lane, share.chunk, 'RPUSH')
    add_due(share.lane)
  end
  redis.call('SADD', 'lanes:connections', share.connection)
  raise_counters('ledger:' .. share.connection, share.counts)
  raise_day(share.connection, share.chunk and share.chunk.day or math.floor(now / DAY), share.days)
  raise_counters('measures:' .. share.connection, share.measures)
end
for _, input in ipairs(arrivals.inputs) do raise_counters('ledger:input:' .. input.id, input.counts) end
if arrivals.process then redis.call('SET', 'appends:' .. arrivals.process, arrivals.number, 'EX', NUMBER_KEPT_S) end
keep_receipts(receipts)
if is_planned then write_profiles(plan) end
return nil
