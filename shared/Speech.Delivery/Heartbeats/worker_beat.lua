-- Renews a worker's heartbeat, which is also its claim to its name, unless another instance has the name. In one script, whose end is not
-- refused after its beginning: a hash without its time to live would keep a dead worker alive for ever.
-- KEYS: 1 the heartbeat  ARGV: 1 life in ms 2 instance 3 another instance that may be displaced 4… fields, the instance among them
-- Returns nothing when it was renewed; else who has the name: ms left, instance, role, host, pid, processes.

local other = redis.call('HMGET', KEYS[1], 'instance', 'role', 'host', 'pid', 'processes')
if redis.call('EXISTS', KEYS[1]) == 1 and other[1] ~= ARGV[2] and (not other[1] or other[1] ~= ARGV[3]) then
  return {redis.call('PTTL', KEYS[1]), other[1] or '', other[2] or '', other[3] or '', other[4] or '', other[5] or ''}
end
if redis.acl_check_cmd and not redis.acl_check_cmd('PEXPIRE', KEYS[1], '1') then
  return redis.error_reply('NOPERM this user has no permission to run PEXPIRE on ' .. KEYS[1] .. ', so nothing was changed')
end
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return {}
