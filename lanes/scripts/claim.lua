-- needs: base, checks, common, lane_checks, dead_letters, claims
-- Lease a lane. Returns {'granted', terms, chunks}, or {why not}.
-- ARGV[2]: lane; ARGV[3]: {token, lease, events, bytes, probe, gather, dead_letters = {share, what, fingerprint}}
local lane, ask = check_lane(ARGV[2], 'lane'), check_claim(cmsgpack.unpack(ARGV[3]))
local due = redis.call('ZSCORE', 'lanes:due', lane)
if not due then end_gathering(lane) end
if not due or tonumber(due) > now then return {'not due'} end
if is_leased(lane) then return {'leased'} end
local reason = refused_by_connection(lane, ask.dead_letters)
if reason then return {reason} end
return grant(lane, ask)
