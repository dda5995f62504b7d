-- needs: base, checks, common, lane_checks, periods
-- Remove daily counts that are old by their date and by the time when one of their counts last began. Returns how many.
-- ARGV[2]: connection; ARGV[3]: counts must have begun before this time, ms; ARGV[4]: days before this one
local connection, before = check_text(ARGV[2], 'connection'), check_whole(tonumber(ARGV[3]), 'time')
local old = old_periods('days:' .. connection, before, check_whole(tonumber(ARGV[4]), 'day'))
for _, day in ipairs(old) do
  redis.call('DEL', 'days:' .. connection .. ':' .. day, 'match_keys:' .. connection .. ':' .. day)
  redis.call('ZREM', 'days:' .. connection, day)
end
return #old
