-- needs: base, checks, common, archive, receipts
-- Remove the oldest receipts until all take at most ARGV[2] bytes; with 0 all of them, and since when there were any.
local budget = check_whole(tonumber(ARGV[2]), 'budget')
trim_receipts(budget)
if budget == 0 then redis.call('HDEL', 'receipts:kept', 'since', 'receipts', 'bytes', 'pieces') end
