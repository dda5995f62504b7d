-- needs: base, checks, common, archive
-- Remove everything that waits for the archive, because there is none any more; count it as lost.
local receipts = tonumber(redis.call('HGET', 'archive:kept', 'receipts') or 0)
redis.call('DEL', 'archive:pieces', 'archive:closed')
redis.call('HDEL', 'archive:kept', 'receipts', 'bytes', 'open', 'failing_since', 'error')
raise_counters('archive:kept', {lost = receipts})
return receipts
